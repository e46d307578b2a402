import type { LevelSettings } from '../engine/levels/level-settings.ts';
import type { ReplicaLocation } from '../replica/replica-location.ts';
import type { LogLevel } from '../runtime/logger.ts';

/** One place that a database is copied to. */
export interface ReplicaConfig {
  /** Unique among a database's replicas; what `-replica` takes. */
  readonly name: string;
  /** How it is opened. May hold secrets. */
  readonly location: ReplicaLocation;
  /** For people: where it lies. No two places have one. */
  readonly url: string;
  readonly syncIntervalMs: number;
  /** Whether it is reset when its files, or the local ones, are broken. */
  readonly autoRecover: boolean;
}

export interface LeaseSettings {
  /** `auto`: for replicas that several machines reach, as far as their store can carry leases; `on`: for all, or refuse. */
  readonly mode: 'auto' | 'on' | 'off';
  readonly ttlMs: number;
  /** Who this is, as others read it. Default: host name and process id. */
  readonly owner: string | undefined;
}

/** What may differ from database to database and is not a path. */
export interface DatabaseSettings {
  readonly monitorIntervalMs: number;
  /** 0: no checkpoints by time. */
  readonly checkpointIntervalMs: number;
  readonly minCheckpointPageCount: number;
  /** 0: the WAL is never truncated for its size. */
  readonly truncatePageCount: number;
  /** 0: no limit. */
  readonly maxSyncWalBytes: number;
  readonly restoreIfDbNotExists: boolean;
  /** Whether a database in a rollback journal mode is switched to WAL; without it such a database is refused. */
  readonly switchToWal: boolean;
  readonly lease: LeaseSettings;
  /** How replicas are compacted, and how long their files are kept. */
  readonly levels: LevelSettings;
}

export interface DatabaseConfig extends DatabaseSettings {
  readonly path: string;
  /** Where local LTX files and our own bookkeeping lie. */
  readonly metaPath: string;
  /** Never empty. */
  readonly replicas: readonly ReplicaConfig[];
  /** Undefined: each replica's lease is the database's own. */
  readonly sharedLease?: SharedLease | undefined;
}

/** What the databases of a directory share, so that a thousand of them cost one lease. */
export interface SharedLease {
  /** Where the lease of each replica lies, in their order. */
  readonly places: readonly ReplicaLocation[];
  /** The directory of what this host notes of them. */
  readonly statePath: string;
}

/** Where the meta directories of a directory's databases lie. */
export type MetaPlace =
  | { readonly kind: 'beside' }
  /** `<base>/<relative path>-litestream` */
  | { readonly kind: 'meta-dir'; readonly base: string }
  /** `<base>/<relative directory>/.<file>-litestream` */
  | { readonly kind: 'meta-path'; readonly base: string };

/** A directory whose databases are found at the start and, with `watch`, while running. */
export interface DirectoryConfig {
  readonly directory: string;
  /** A glob. Without a slash it is held against file names, with one against paths below the directory. */
  readonly pattern: string;
  readonly recursive: boolean;
  readonly watch: boolean;
  readonly meta: MetaPlace;
  /** Each database's path below the directory is added to each; undefined: `<database>-replica/` beside each database. */
  readonly replicas: readonly ReplicaConfig[] | undefined;
  readonly settings: DatabaseSettings;
}

export interface LoggingConfig {
  readonly level: LogLevel;
  readonly type: 'text' | 'json';
  readonly stream: 'stdout' | 'stderr';
  /** Whether each line names the place in the source that wrote it. */
  readonly source: boolean;
}

/** Where an HTTP server listens. */
export interface ListenAddress {
  /** Undefined: on every interface. */
  readonly host: string | undefined;
  readonly port: number;
}

/** Where a server listens that only some may ask. Without a token it listens for programs of this machine alone. */
export interface GuardedAddress {
  readonly address: ListenAddress;
  readonly token: string | undefined;
}

export interface McpConfig extends GuardedAddress {
  /** Whether its tools may change anything. */
  readonly allowChanges: boolean;
}

/** Who is told that all is well. */
export interface HeartbeatConfig {
  /** May hold a secret. */
  readonly url: string;
  readonly intervalMs: number;
}

/** Where the running process can be asked and told. */
export interface SocketConfig {
  readonly path: string;
  /** Permission bits of the socket. */
  readonly permissions: number;
}

/** Everything that is configured, with all defaults filled in. Plain data, so that it can be sent to another process. */
export interface NormalConfig {
  readonly databases: readonly DatabaseConfig[];
  readonly directories: readonly DirectoryConfig[];
  readonly exec: string | undefined;
  /** Undefined: none. */
  readonly socket: SocketConfig | undefined;
  /** Where metrics and the state of health are served; undefined: nowhere. */
  readonly metricsAddress: ListenAddress | undefined;
  /** After how long a replica that lacks something makes the process unready. */
  readonly readyMaxLagMs: number;
  /** The page of the databases; undefined: none. */
  readonly dashboard: GuardedAddress | undefined;
  /** Tools for language models; undefined: none. */
  readonly mcp: McpConfig | undefined;
  /** Undefined: nobody. */
  readonly heartbeat: HeartbeatConfig | undefined;
  readonly logging: LoggingConfig;
  /** How often and how long a stop tries to ship what is left. 0: one try. */
  readonly shutdownSyncTimeoutMs: number;
  readonly shutdownSyncIntervalMs: number;
  readonly workers: number;
  /** The most requests to stores that the process makes, but for short bursts; 0: no ceiling. */
  readonly storeCallsPerSecond: number;
  /** After how long without a change databases are parked; 0: never. */
  readonly parkAfterMs: number;
  /** How many databases of a process start, or stop, at a time. */
  readonly databasesAtOnce: number;
}
