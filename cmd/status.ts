import { setTimeout as sleep } from 'node:timers/promises';
import { formatByteSize } from '../src/config/value/byte-size.ts';
import { formatGoDuration } from '../src/config/value/go-duration.ts';
import { wantsColour } from './colour.ts';
import { type CommandIo, defineCommand, printJson } from './command.ts';
import { databaseNamed, databasesOf, loadConfig } from './database-lookup.ts';
import { type DatabaseStatus, databaseStatus } from './database-status.ts';
import { exitCodes } from './exit-code.ts';
import { configFlags, duration, jsonFlag, toggle } from './flag.ts';
import { LeaseReader, type ReplicaLease } from './replica-lease.ts';
import { StopSignals } from './signals.ts';
import { age, statusTable } from './status-table.ts';
import { UsageError } from './usage-error.ts';

export const statusCommand = defineCommand({
  name: 'status',
  description: 'The status command shows how far databases and their replicas are. It needs no running daemon.',
  usage: ['[DB_PATH...]'],
  flags: {
    ...configFlags,
    ...jsonFlag,
    watch: toggle('Show it again every 2 s until stopped by Ctrl-C'),
    'max-age': duration('Exit with 1 when the newest shipped moment of any database is older, or there is none'),
  },
  notes: [
    'Columns: database; status (ok, not initialized, no database, error); local txid, the newest one captured; wal size; replica; replica txid, the newest one shipped; shipped, when that was committed; age; where there are leases, who holds them until when, and its epoch.',
    'Without DB_PATH all databases of the config file are shown.',
  ],
  examples: [
    ['Show all databases of the config file.', 'status'],
    ['Watch them.', 'status -watch'],
    ['For cron and monitoring: fail when the backup is older than five minutes.', 'status -max-age 5m app.db'],
  ],
  async run({ flags, words }, io) {
    const look = async () => {
      const databases =
        words.length === 0
          ? await databasesOf((await loadConfig(flags, io.environment)).config)
          : await Promise.all(words.map((word) => databaseNamed(word, flags, io.environment)));
      const statuses: DatabaseStatus[] = [];
      const leases = new LeaseReader();
      for (const database of databases) statuses.push(await databaseStatus(database, leases));
      return statuses;
    };
    if (flags.watch) return watch(look, { maxAgeMs: flags['max-age'], isJson: flags.json }, io);
    const [statuses, nowMs] = [await look(), Date.now()];
    show(statuses, nowMs, flags.json, io);
    const late = statuses.filter((status) => isLate(status, flags['max-age'], nowMs));
    for (const status of late) io.tell(`Error: ${lateness(status, flags['max-age']!, nowMs)}`);
    return late.length > 0 ? exitCodes.failed : exitCodes.done;
  },
});

const watchMs = 2_000;
const clearScreen = '\u001b[H\u001b[J';

function show(statuses: readonly DatabaseStatus[], nowMs: number, isJson: boolean, io: CommandIo): void {
  const isColoured = wantsColour(io.isOutputTerminal, io.environment.variables);
  if (!isJson) io.print(statusTable(statuses, nowMs, isColoured));
  else
    printJson(
      io,
      statuses.map((status) => jsonStatus(status, nowMs)),
    );
}

/** On a terminal the table stays in its place; elsewhere it is printed again and again. */
async function watch(
  look: () => Promise<DatabaseStatus[]>,
  { maxAgeMs, isJson }: { readonly maxAgeMs: number | undefined; readonly isJson: boolean },
  io: CommandIo,
): Promise<number> {
  if (maxAgeMs !== undefined) {
    throw new UsageError('arguments', 'Cannot use flag -max-age: it does not go together with -watch', {
      hint: 'leave one of the two away',
    });
  }
  const { signal } = StopSignals.listen();
  while (!signal.aborted) {
    const statuses = await look();
    const nowMs = Date.now();
    if (io.isOutputTerminal) io.print(`${clearScreen}${new Date(nowMs).toISOString()}\n`);
    show(statuses, nowMs, isJson, io);
    await sleep(watchMs, undefined, { signal }).catch(() => {});
  }
  return exitCodes.done;
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
