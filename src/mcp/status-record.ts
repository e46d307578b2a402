import { stat } from 'node:fs/promises';
import * as z from 'zod';
import { formatByteSize } from '../config/value/byte-size.ts';
import { type DatabaseStatus, lagSeconds, type ReplicaStatus } from '../engine/replicator/database-status.ts';
import { formatTxid, noTxid } from '../format/ltx/txid.ts';
import { formatTable } from '../service/report/table.ts';

const replicaRecord = z.object({
  name: z.string(),
  url: z.string(),
  state: z.string(),
  replica_txid: z.string().optional(),
  shipped_at: z.string().optional().describe('When the newest change was committed that the replica has.'),
  lag_seconds: z.number().describe('For how long it has lacked something; 0: it has everything.'),
  error: z.string().optional(),
});

/** A database as Litestream's `status` shows it, then what only the running process knows. */
export const statusRecord = z.object({
  database: z.string(),
  status: z.enum(['ok', 'not initialized', 'no database', 'error']),
  local_txid: z.string().describe('The newest transaction captured; - when there is none.'),
  wal_size: z.string(),
  state: z.string().describe('waiting, standby, attaching, replicating, parked, failed or stopped.'),
  error: z.string().optional(),
  lease_holder: z.string().optional().describe('Who may write to the replicas, where leases are in use.'),
  replicas: z.array(replicaRecord),
});
export type StatusRecord = z.output<typeof statusRecord>;

export async function recordOf(status: DatabaseStatus, nowMs: number): Promise<StatusRecord> {
  const { path, state, txid = noTxid, error, lease, replicas } = status;
  const exists = (await sizeOf(path)) !== undefined;
  const healthy = txid === noTxid ? 'not initialized' : 'ok';
  return {
    database: path,
    status: exists ? (error === undefined ? healthy : 'error') : 'no database',
    local_txid: txid === noTxid ? '-' : formatTxid(txid),
    wal_size: exists ? formatByteSize((await sizeOf(`${path}-wal`)) ?? 0) : '-',
    state,
    error,
    lease_holder: lease?.kind === 'standby' ? lease.holder?.owner : lease?.kind === 'held' ? lease.owner : undefined,
    replicas: replicas.map((replica) => replicaRecordOf(replica, nowMs)),
  };
}

function replicaRecordOf(replica: ReplicaStatus, nowMs: number): StatusRecord['replicas'][number] {
  const { name, url, state, txid, timestampMs, behindSinceMs, error } = replica;
  return {
    name,
    url,
    state,
    replica_txid: txid === undefined ? undefined : formatTxid(txid),
    shipped_at: timestampMs === undefined ? undefined : new Date(timestampMs).toISOString(),
    lag_seconds: lagSeconds(behindSinceMs, nowMs),
    error,
  };
}

/** Litestream's columns, then a line for each replica; below the table what is wrong. */
export function statusText(records: readonly StatusRecord[]): string {
  const columns = ['database', 'status', 'local txid', 'wal size', 'state', 'replica', 'replica txid', 'shipped'];
  const rows = records.flatMap((record) => {
    const own = [record.database, record.status, record.local_txid, record.wal_size, record.state];
    const shown = record.replicas.map((one) => [one.name, one.replica_txid ?? '-', one.shipped_at ?? '-']);
    return (shown.length === 0 ? [['-', '-', '-']] : shown).map((cells) => [...own, ...cells]);
  });
  const troubles = records.flatMap(({ database, error, replicas }) => [
    ...(error === undefined ? [] : [`${database}: ${error}`]),
    ...replicas.flatMap((one) => (one.error === undefined ? [] : [`${database}, replica ${one.name}: ${one.error}`])),
  ]);
  return [formatTable(columns, rows), ...troubles].join('\n');
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}
