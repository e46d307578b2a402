import type { Txid } from '../../format/ltx/txid.ts';
import type { LeaseStatus } from '../lease/lease-status.ts';
import type { SyncFileCounts } from '../levels/sync-file-counts.ts';
import type { LineageHead } from '../lineage-head.ts';
import type { ReplicaShipper, ShipState } from '../ship/replica-shipper.ts';

/** What a database is up to. */
export type DatabaseState =
  /** There is no database yet, or it cannot be attached now. */
  | 'waiting'
  /** Another host may have the lease: nothing is sent, and unless it was active before, nothing is looked at. */
  | 'standby'
  | 'attaching'
  | 'replicating'
  /** Shipped, and nothing of it is open: it is attached again when something changes. */
  | 'parked'
  /** Needs the operator: see the error. */
  | 'failed'
  | 'stopped';

export interface ReplicaStatus extends CareStatus {
  readonly name: string;
  readonly url: string;
  readonly state: ShipState;
  readonly txid: Txid | undefined;
  readonly timestampMs: number | undefined;
  /** Since when it lacks a local file, on the wall clock; undefined when it has all of them. */
  readonly behindSinceMs: number | undefined;
  readonly error: string | undefined;
}

/** What came of compacting a replica. */
export interface CareStatus {
  /** What keeps the replica from being compacted. */
  readonly compactionError: string | undefined;
  /** How many compacted files failed their verification since the start. */
  readonly verifyErrorCount: number;
  /** When a compacted file was last read back and found right, on the wall clock. */
  readonly verifiedAtMs: number | undefined;
  /** Undefined until retention was enforced. */
  readonly syncFiles: SyncFileCounts | undefined;
}

export interface DatabaseStatus {
  readonly path: string;
  readonly state: DatabaseState;
  /** The newest TXID in a durable local file. */
  readonly txid: Txid | undefined;
  readonly timestampMs: number | undefined;
  /** Whether everything committed is in a file and nothing is under way. */
  readonly idle: boolean;
  /** An application's long reader keeps the WAL from restarting. */
  readonly readerInTheWay: boolean;
  readonly error: string | undefined;
  /** Undefined without leases. */
  readonly lease?: LeaseStatus | undefined;
  readonly replicas: readonly ReplicaStatus[];
}

/** Whether what is committed gets into replicas from here, at the latest when it is attached again. */
export function isReplicated({ state, lease }: Pick<DatabaseStatus, 'state' | 'lease'>): boolean {
  return state === 'parked' || (state === 'replicating' && (lease === undefined || lease.kind === 'held'));
}

/** For how long something has been lacking; 0 when nothing is. */
export function lagSeconds(behindSinceMs: number | undefined, nowMs: number): number {
  return behindSinceMs === undefined ? 0 : Math.max(0, nowMs - behindSinceMs) / 1000;
}

/** The part of a status that an attachment and its shipping know. */
export function statusOf(parts: {
  readonly head: LineageHead | undefined;
  readonly loop: { readonly readerInTheWay: boolean; readonly fileError: Error | undefined } | undefined;
  readonly shipping: { status(): ReplicaStatus[] } | undefined;
}): Pick<DatabaseStatus, 'txid' | 'timestampMs' | 'readerInTheWay' | 'error' | 'replicas'> {
  const { head, loop, shipping } = parts;
  return {
    txid: head?.txid,
    timestampMs: head?.timestampMs,
    readerInTheWay: loop?.readerInTheWay ?? false,
    error: loop?.fileError?.message,
    replicas: shipping?.status() ?? [],
  };
}

/** Where a replica stands. Written out and not spread, here and in `databaseIn`: each of thousands would have a hidden class of its own. */
export function replicaStatus(shipper: ReplicaShipper, care: CareStatus): ReplicaStatus {
  return {
    name: shipper.name,
    url: shipper.client.url,
    state: shipper.state,
    txid: shipper.acknowledged,
    timestampMs: shipper.acknowledgedTimeMs,
    behindSinceMs: shipper.behindSinceMs,
    error: shipper.error?.message,
    compactionError: care.compactionError,
    verifyErrorCount: care.verifyErrorCount,
    verifiedAtMs: care.verifiedAtMs,
    syncFiles: care.syncFiles,
  };
}
