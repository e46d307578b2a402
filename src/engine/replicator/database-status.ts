import type { Txid } from '../../format/ltx/txid.ts';
import type { ShipState } from '../ship/replica-shipper.ts';

/** What a database is up to. */
export type DatabaseState =
  /** There is no database yet, or it cannot be attached now. */
  | 'waiting'
  | 'attaching'
  | 'replicating'
  /** Needs the operator: see the error. */
  | 'failed'
  | 'stopped';

export interface ReplicaStatus {
  readonly name: string;
  readonly url: string;
  readonly state: ShipState;
  readonly txid: Txid | undefined;
  readonly timestampMs: number | undefined;
  readonly error: string | undefined;
  /** What keeps the replica from being compacted. */
  readonly compactionError: string | undefined;
  /** How many compacted files failed their verification since the start. */
  readonly verifyErrorCount: number;
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
  readonly replicas: readonly ReplicaStatus[];
}
