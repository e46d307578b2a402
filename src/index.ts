/**
 * litestream-sidecar as a library: what a Node service needs to back its SQLite databases up and to get them back.
 *
 *     import { restore, Store } from 'litestream-sidecar';
 *
 *     await restore({ replicas: 'file:///backup/app.db', output: 'app.db' });
 *     const store = await Store.open({ databases: [{ path: 'app.db', replicas: 'file:///backup/app.db' }] });
 *     // open app.db with any SQLite, work, and at the end:
 *     await store.close();
 *
 * Three rules hold for everything here. Nothing is written to the console: lines go to the logger that is handed in, and
 * without one nowhere. What is to be expected is a result, told apart by `outcome`; everything else is thrown, as a
 * TypedError with a `code` and often a `hint`, or as the system error it was. Times are milliseconds since the Unix epoch.
 */

/**
 * What is thrown. `TypedError` is the base of all; each class has a closed set of codes. An error that happened in a child
 * process is a ServiceError `in-shard`, with the class and the code it had in `data`.
 */
export { ConfigError, type ConfigErrorCode } from './config/config-error.ts';
/** The `levels` of a database. */
export type { LevelSettings } from './engine/levels/level-settings.ts';
/** What `Store.status` and `Store.watch` tell. */
export type { DatabaseState, DatabaseStatus, ReplicaStatus } from './engine/replicator/database-status.ts';
/** Parts of what `restore` takes and gives. */
export type { Verification } from './engine/restore/apply/apply-plan.ts';
export type { RestoreNotice } from './engine/restore/plan.ts';
export { RestoreError, type RestoreErrorCode, type RestoreErrorData } from './engine/restore/restore-error.ts';
export type { IntegrityCheck, RestoreProgress } from './engine/restore/restore-options.ts';
export type { ShipState } from './engine/ship/replica-shipper.ts';
/**
 * Transaction IDs count the states of a database: 1, 2, 3 ... They are bigints; file names, commands and logs show them as
 * 16 hexadecimal digits. `parseTxid` gives undefined for a text that is none.
 */
export type { Level } from './format/ltx/level.ts';
export { formatTxid, parseTxid, type Txid } from './format/ltx/txid.ts';
/** The `signal` of calls that can be given up; they reject with its reason. */
export type { CallOptions } from './replica/replica-client.ts';
export { ReplicaError, type ReplicaErrorCode } from './replica/replica-error.ts';
export type { TrafficCount } from './replica/traffic-count.ts';
/** A logger is one function with a name for each level: `loggerFrom((level, message, fields) => pino[level](fields, message))`. */
export { type LogFields, type Logger, type LogLevel, loggerFrom, silentLogger } from './runtime/logger.ts';
export { TypedError } from './runtime/typed-error.ts';
/**
 * How old the backup is, and which moments it holds. Both ask the replicas themselves and need no database, no store and no
 * lock, so they also serve a monitor that runs elsewhere.
 */
export { type BackupStatus, backupStatus, type ReplicaBackup } from './service/library/backup-status.ts';
/**
 * Replication for the life of the process. The work is done by child processes, never by the calling one: a second copy of
 * SQLite, or a file that is read and closed, silently drops the locks that replication relies on.
 */
export type { DatabaseOptions } from './service/library/database-options.ts';
export { type ListMomentsOptions, listMoments } from './service/library/list-moments.ts';
export type { Moment } from './service/library/replica-states.ts';
/** How replicas and times are written. A string is the URL or the directory of a replica. */
export type { Replica, ReplicaOptions, Replicas, S3Options } from './service/library/replicas.ts';
/**
 * Brings a database back. Meant for the start of a service: a database that is there is kept (`already-there`), and a
 * replica that has nothing yet is no error (`no-backup`). It runs in the calling process; no live database is touched.
 */
export {
  type RestoredDatabase,
  type RestoreOptions,
  type RestoreResult,
  type RestoreTarget,
  restore,
} from './service/library/restore.ts';
export { Store, type StoreOptions } from './service/library/store.ts';
export type { Timestamp } from './service/library/timestamp.ts';
export { ServiceError, type ServiceErrorCode, type ServiceErrorData } from './service/service-error.ts';
export type { StoreEvent } from './service/store/store-options.ts';
