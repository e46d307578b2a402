import { formatByteSize } from '../src/config/value/byte-size.ts';
import { formatGoDuration } from '../src/config/value/go-duration.ts';
import { defineCommand, printJson } from './command.ts';
import { databaseNamed, databasesOf, loadConfig } from './database-lookup.ts';
import { type DatabaseStatus, databaseStatus } from './database-status.ts';
import { exitCodes } from './exit-code.ts';
import { configFlags, duration, jsonFlag } from './flag.ts';
import { LeaseReader, type ReplicaLease } from './replica-lease.ts';
import { formatTable } from './table.ts';

export const statusCommand = defineCommand({
  name: 'status',
  description: 'The status command shows how far databases and their replicas are. It needs no running daemon.',
  usage: ['[DB_PATH...]'],
  flags: {
    ...configFlags,
    ...jsonFlag,
    'max-age': duration('Exit with 1 when the newest shipped moment of any database is older, or there is none'),
  },
  notes: [
    'Columns: database; status (ok, not initialized, no database, error); local txid, the newest one captured; wal size; replica; replica txid, the newest one shipped; shipped, when that was committed; age; where there are leases, who holds them until when, and its epoch.',
    'Without DB_PATH all databases of the config file are shown.',
  ],
  examples: [
    ['Show all databases of the config file.', 'status'],
    ['For cron and monitoring: fail when the backup is older than five minutes.', 'status -max-age 5m app.db'],
  ],
  async run({ flags, words }, io) {
    const databases =
      words.length === 0
        ? await databasesOf((await loadConfig(flags, io.environment)).config)
        : await Promise.all(words.map((word) => databaseNamed(word, flags, io.environment)));
    const nowMs = Date.now();
    const statuses: DatabaseStatus[] = [];
    const leases = new LeaseReader();
    for (const database of databases) statuses.push(await databaseStatus(database, leases));
    if (flags.json)
      printJson(
        io,
        statuses.map((status) => jsonStatus(status, nowMs)),
      );
    else io.print(table(statuses, nowMs));
    const late = statuses.filter((status) => isLate(status, flags['max-age'], nowMs));
    for (const status of late) io.tell(`Error: ${lateness(status, flags['max-age']!, nowMs)}`);
    return late.length > 0 ? exitCodes.failed : exitCodes.done;
  },
});

const columns = ['database', 'status', 'local txid', 'wal size', 'replica', 'replica txid', 'shipped', 'age'];

/** The column of leases is there only where there are any. */
function table(statuses: readonly DatabaseStatus[], nowMs: number): string {
  const withoutLeases = statuses.flatMap((status) => rows(status, nowMs));
  const leases = statuses.flatMap(({ replicas }) => replicas.map(({ lease }) => lease));
  if (leases.every((lease) => lease === undefined)) return formatTable(columns, withoutLeases);
  return formatTable(
    [...columns, 'lease'],
    withoutLeases.map((row, i) => [...row, leaseText(leases[i])]),
  );
}

function rows(status: DatabaseStatus, nowMs: number): string[][] {
  const { database, state, localTxid = '-', walBytes } = status;
  const walSize = walBytes === undefined ? '-' : formatByteSize(walBytes);
  return status.replicas.map(({ name, txid = '-', shippedMs, error }) => {
    const shipped = error ?? (shippedMs === undefined ? '-' : new Date(shippedMs).toISOString());
    return [database, state, localTxid, walSize, name, txid, shipped, age(shippedMs, nowMs)];
  });
}

/** Litestream's fields first, unchanged; then how far the replicas are. */
function jsonStatus(status: DatabaseStatus, nowMs: number) {
  const { newest } = status;
  return {
    database: status.database,
    status: status.state,
    local_txid: status.localTxid ?? '-',
    wal_size: status.walBytes === undefined ? '-' : formatByteSize(status.walBytes),
    ...shipped(newest?.txid, newest?.shippedMs, nowMs),
    replicas: status.replicas.map(({ name, url, txid, shippedMs, error, lease }) => ({
      name,
      url,
      ...shipped(txid, shippedMs, nowMs),
      error,
      lease: lease && jsonLease(lease),
    })),
  };
}

function leaseText(lease: ReplicaLease | undefined): string {
  switch (lease?.kind) {
    case undefined:
      return '-';
    case 'held':
      return `${lease.holder} until ${new Date(lease.untilMs).toISOString()}, epoch ${lease.epoch}`;
    case 'free':
      return `free, epoch ${lease.epoch}`;
    case 'shared':
      return `shared, at ${lease.at}`;
    case 'unreadable':
      return lease.error;
  }
}

function jsonLease(lease: ReplicaLease) {
  switch (lease.kind) {
    case 'held':
      return { holder: lease.holder, until: new Date(lease.untilMs).toISOString(), epoch: lease.epoch };
    case 'free':
      return { holder: null, until: null, epoch: lease.epoch };
    case 'shared':
      return { shared_at: lease.at };
    case 'unreadable':
      return { error: lease.error };
  }
}

function shipped(txid: string | undefined, shippedMs: number | undefined, nowMs: number) {
  if (shippedMs === undefined) return {};
  return {
    replica_txid: txid,
    shipped_at: new Date(shippedMs).toISOString(),
    age_seconds: Math.max(0, nowMs - shippedMs) / 1000,
  };
}

function isLate(status: DatabaseStatus, maxAgeMs: number | undefined, nowMs: number): boolean {
  if (maxAgeMs === undefined) return false;
  return status.newest === undefined || nowMs - status.newest.shippedMs > maxAgeMs;
}

function lateness({ database, newest, replicas }: DatabaseStatus, maxAgeMs: number, nowMs: number): string {
  const limit = formatGoDuration(maxAgeMs);
  if (newest !== undefined)
    return `${database}: newest shipped moment is ${age(newest.shippedMs, nowMs)} old, more than ${limit}`;
  const reasons = replicas.map(({ error, name }) => error ?? `replica ${name} holds nothing`);
  return `${database}: nothing shipped is known, ${reasons.join('; ')}`;
}

function age(shippedMs: number | undefined, nowMs: number): string {
  return shippedMs === undefined ? '-' : formatGoDuration(Math.floor(Math.max(0, nowMs - shippedMs) / 1000) * 1000);
}
