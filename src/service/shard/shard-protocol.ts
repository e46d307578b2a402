import type { DatabaseConfig } from '../../config/normal-config.ts';
import type { WorkStatus } from '../../engine/long-work.ts';
import type { MaintenanceRequest } from '../../engine/maintain/maintenance.ts';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import type { CareMode } from '../../engine/replicator/replica-care.ts';
import type { SyncReach } from '../../engine/replicator/sync-options.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { TrafficCount } from '../../replica/traffic-count.ts';
import type { LogFields, LogLevel } from '../../runtime/logger.ts';
import type { DatabaseKind } from '../../sqlite/inspect-database.ts';
import type { FromLeaseKeepers, ToLeaseKeepers } from '../lease/lease-messages.ts';
import type { DatabaseMetrics } from './database-metrics.ts';
import type { ErrorRecord } from './error-record.ts';

/** What holds for all databases of a shard. */
export interface ShardSettings {
  /** Lines below it are not sent to the process of the store. */
  readonly logLevel: LogLevel;
  /** Go on with local databases although their replicas hold another lineage. */
  readonly adopt: boolean;
  /** Its share of the ceiling on requests to stores; 0: no ceiling. */
  readonly storeCallsPerSecond: number;
  readonly careMode: CareMode;
  /** After how long without a change databases are parked; 0: only where descriptors run out. */
  readonly parkAfterMs: number;
  /** How many databases start, or stop, at a time. */
  readonly databasesAtOnce: number;
  readonly shutdown: { readonly timeoutMs: number; readonly retryMs: number };
}

/**
 * What a file turned out to be; `incomplete`: it is being copied to its place; `attached`: it is replicated already, maybe
 * under another name.
 */
export type Inspection = DatabaseKind | 'incomplete' | 'attached' | 'unreadable';

/** What is under way for a database, and how far it is. */
export interface DatabaseWork extends WorkStatus {
  readonly path: string;
}

/** Everything a shard can be asked, with the answers. Plain data that structured cloning carries, bigints included. */
export interface ShardCalls {
  /** Resolves when the database is restored, if that was asked for and it was missing; its replication runs on. */
  add: { readonly request: { readonly database: DatabaseConfig }; readonly answer: undefined };
  /** Resolves after the last sync of the database, with where it stands then. */
  remove: { readonly request: { readonly path: string }; readonly answer: DatabaseStatus };
  /** Looks at files that may be databases. Only a shard may: it knows which ones must not be opened. */
  inspect: { readonly request: { readonly paths: readonly string[] }; readonly answer: readonly Inspection[] };
  status: { readonly request: object; readonly answer: readonly DatabaseStatus[] };
  metrics: { readonly request: object; readonly answer: readonly DatabaseMetrics[] };
  /** What is under way and may take long. */
  work: { readonly request: object; readonly answer: readonly DatabaseWork[] };
  /** The requests to stores since the process of the shard began. */
  traffic: { readonly request: object; readonly answer: readonly TrafficCount[] };
  /** Resolves when everything committed so far is as far as `reach` says. */
  sync: { readonly request: { readonly path: string; readonly reach: SyncReach }; readonly answer: Txid };
  /** Resolves when the replicas are compacted as far as it is due, and what is asked for is done. */
  maintain: {
    readonly request: { readonly path: string; readonly what: MaintenanceRequest };
    readonly answer: undefined;
  };
  /** Last syncs, then the end of everything. */
  stop: { readonly request: object; readonly answer: undefined };
}
export type ShardCallKind = keyof ShardCalls;
export type ShardRequest<Kind extends ShardCallKind> = ShardCalls[Kind]['request'];
export type ShardAnswer<Kind extends ShardCallKind> = ShardCalls[Kind]['answer'];

/** One call as a value. */
export type ShardCall = {
  [Kind in ShardCallKind]: { readonly kind: Kind } & ShardRequest<Kind>;
}[ShardCallKind];

/** From the process of the store to that of a shard. `start` comes first and once. */
export type ToShard =
  | { readonly kind: 'start'; readonly settings: ShardSettings }
  | { readonly kind: 'call'; readonly id: number; readonly call: ShardCall }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'lease'; readonly message: FromLeaseKeepers };

/** From the process of a shard to that of the store. */
export type FromShard =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: ErrorRecord }
  /** The last message: the shard was stopped and its process ends. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'lease'; readonly message: ToLeaseKeepers }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: LogFields };
