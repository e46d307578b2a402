import { defaultConfig } from '../../config/defaults.ts';
import type { DatabaseConfig, DirectoryConfig } from '../../config/normal-config.ts';
import type { CareMode } from '../../engine/replicator/replica-care.ts';
import type { LogLevel } from '../../runtime/logger.ts';

export interface StoreOptions {
  readonly databases: readonly DatabaseConfig[];
  /** Directories whose databases are looked for at the start and, where asked for, while running. */
  readonly directories?: readonly DirectoryConfig[] | undefined;
  /** How many processes share the databases; with 1 they are replicated in this process. Default 1. */
  readonly workers?: number | undefined;
  /**
   * `process`: never in this process. Needed where anything else in it may open the databases: a second copy of SQLite, or
   * a file that is read and closed, drops the locks that replication relies on.
   */
  readonly isolation?: 'auto' | 'process' | undefined;
  /** Who is to blame when databases collide: the command line or a file. Default `conflict`. */
  readonly blame?: 'usage' | 'conflict' | undefined;
  /** Go on with local databases although their replicas hold another lineage. */
  readonly adopt?: boolean | undefined;
  /** The most requests to stores per second, but for short bursts, shared out to the processes; 0: no ceiling. Default 30. */
  readonly storeCallsPerSecond?: number | undefined;
  /** After how long without a change a database is parked: nothing of it stays open, and the next change attaches it. 0, the default: never. */
  readonly parkAfterMs?: number | undefined;
  /** How many databases of a process start, or stop, at a time; one that takes long does not count. Default 16. */
  readonly databasesAtOnce?: number | undefined;
  /** How long a stop tries to ship what is left, and how often. Default 30 s, every 500 ms. */
  readonly shutdown?: { readonly timeoutMs: number; readonly retryMs: number } | undefined;
  /** Whether replicas are compacted when it is due, or only by `maintain`. Default: when it is due. */
  readonly careMode?: CareMode | undefined;
  /** Lines of other processes below it are not sent to the logger. Default `info`. */
  readonly logLevel?: LogLevel | undefined;
  /** Whether a line every ten seconds tells how far long work is. Default: it does. */
  readonly saysProgress?: boolean | undefined;
  readonly onEvent?: ((event: StoreEvent) => void) | undefined;
}

/** What changes in the set of databases. */
export type StoreEvent =
  | { readonly kind: 'added'; readonly path: string }
  /** A database of a directory that is there no more. */
  | { readonly kind: 'removed'; readonly path: string }
  /** The process that replicated these databases broke down; another one has taken them over. */
  | { readonly kind: 'restarted'; readonly paths: readonly string[] };

const { shutdownSyncTimeoutMs, shutdownSyncIntervalMs, storeCallsPerSecond, databasesAtOnce } = defaultConfig(1);
export const defaultShutdown = { timeoutMs: shutdownSyncTimeoutMs, retryMs: shutdownSyncIntervalMs } as const;
export const defaultStoreCallsPerSecond = storeCallsPerSecond;
export const defaultDatabasesAtOnce = databasesAtOnce;
