import { holderName } from '../engine/lease/describe-lease.ts';
import type { LeaseStatus } from '../engine/lease/lease-status.ts';
import type { DatabaseStatus, ReplicaStatus } from '../engine/replicator/database-status.ts';
import { formatTxid, type Txid } from '../format/ltx/txid.ts';
import type { DatabaseMetrics } from '../service/shard/database-metrics.ts';
import type { DatabaseView, Health, ReplicaView } from './page-messages.ts';

export interface ViewOptions {
  /** A replica that has lacked something for longer is trouble. */
  readonly maxLagMs: number;
  readonly nowMs: number;
}

/** What the page shows of a database. */
export function databaseView(
  status: DatabaseStatus,
  metrics: DatabaseMetrics | undefined,
  options: ViewOptions,
): DatabaseView {
  const { health, reason } = healthOf(status, options);
  const since = status.replicas.flatMap(({ behindSinceMs }) => behindSinceMs ?? []);
  return {
    path: status.path,
    state: status.state,
    health,
    reason,
    txid: digits(status.txid),
    timestampMs: status.timestampMs,
    behindSinceMs: since.length === 0 ? undefined : Math.min(...since),
    lease: status.lease && leaseWords(status.lease),
    sizeBytes: metrics?.sizeBytes,
    walBytes: metrics?.walBytes,
    replicas: status.replicas.map(replicaView),
  };
}

/** How a database stands, and what keeps it from being well, the worst first. */
function healthOf(
  status: DatabaseStatus,
  { maxLagMs, nowMs }: ViewOptions,
): { readonly health: Health; readonly reason: string | undefined } {
  const { state, error, replicas } = status;
  if (state === 'stopped') return { health: 'waiting', reason: 'it was stopped: litestream start goes on with it' };
  if (state === 'failed' || error !== undefined) return { health: 'trouble', reason: error ?? 'it failed' };
  for (const replica of replicas) {
    const { name, behindSinceMs, error: replicaError = replica.compactionError } = replica;
    const isLate = nowMs - (behindSinceMs ?? nowMs) > maxLagMs;
    if (replicaError !== undefined) return { health: 'trouble', reason: `replica ${name}: ${replicaError}` };
    if (isLate) return { health: 'trouble', reason: `replica ${name} is behind` };
  }
  if (state === 'waiting') return { health: 'waiting', reason: 'there is no database yet' };
  if (state === 'attaching') return { health: 'waiting', reason: 'it is being attached' };
  if (status.lease?.kind === 'lapsed') return { health: 'trouble', reason: leaseWords(status.lease) };
  if (state !== 'standby' && status.lease?.kind === 'standby') {
    return { health: 'waiting', reason: `its lease is held by ${leaseWords(status.lease)}` };
  }
  if (state === 'standby') return { health: 'ok', reason: 'another host replicates it, this one stands by' };
  if (status.readerInTheWay) {
    return { health: 'waiting', reason: 'a long reader of the application keeps the WAL from beginning anew' };
  }
  return { health: 'ok', reason: undefined };
}

function leaseWords(lease: LeaseStatus): string {
  switch (lease.kind) {
    case 'starting':
      return lease.error ?? 'not read yet';
    case 'standby':
      return lease.holder === undefined ? 'nobody' : holderName(lease.holder);
    case 'held':
      return `this process, epoch ${lease.epoch}`;
    case 'lapsed':
      return `not renewed in time${lease.error === undefined ? '' : `: ${lease.error}`}`;
    case 'released':
      return 'given back';
  }
}

function replicaView(replica: ReplicaStatus): ReplicaView {
  const { name, url, state, timestampMs, behindSinceMs, verifiedAtMs } = replica;
  const error = replica.error ?? replica.compactionError;
  return { name, url, state, txid: digits(replica.txid), timestampMs, behindSinceMs, verifiedAtMs, error };
}

function digits(txid: Txid | undefined): string | undefined {
  return txid === undefined ? undefined : formatTxid(txid);
}
