import { formatByteSize } from '../src/config/value/byte-size.ts';
import { formatGoDuration } from '../src/config/value/go-duration.ts';
import { formatTable, type Paint } from '../src/service/report/table.ts';
import { type Colour, coloured } from './colour.ts';
import type { DatabaseStatus } from './database-status.ts';
import type { ReplicaLease } from './replica-lease.ts';

const columns = ['database', 'status', 'local txid', 'wal size', 'replica', 'replica txid', 'shipped', 'age'];

/** The column of leases is there only where there are any. */
export function statusTable(statuses: readonly DatabaseStatus[], nowMs: number, isColoured: boolean): string {
  const paint = isColoured ? paintStatus : undefined;
  const withoutLeases = statuses.flatMap((status) => rows(status, nowMs));
  const leases = statuses.flatMap(({ replicas }) => replicas.map(({ lease }) => lease));
  if (leases.every((lease) => lease === undefined)) {
    return formatTable(columns, withoutLeases, paint);
  }
  return formatTable(
    [...columns, 'lease'],
    withoutLeases.map((row, i) => [...row, leaseText(leases[i])]),
    paint,
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

const stateColours: Readonly<Record<string, Colour>> = {
  ok: 'green',
  'not initialized': 'yellow',
  'no database': 'yellow',
  error: 'red',
};

const paintStatus: Paint = (cell, padded, column) =>
  coloured(padded, columns[column] === 'status' ? stateColours[cell] : undefined);

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

/** How long ago that was, in whole seconds. */
export function age(shippedMs: number | undefined, nowMs: number): string {
  return shippedMs === undefined ? '-' : formatGoDuration(Math.floor(Math.max(0, nowMs - shippedMs) / 1000) * 1000);
}
