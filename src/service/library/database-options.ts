import { resolve } from 'node:path';
import { defaultMetaPath } from '../../config/database-paths.ts';
import { defaultSettings } from '../../config/defaults.ts';
import { type LeaseOptions, leaseSettings } from '../../config/lease-settings.ts';
import type { DatabaseConfig, DatabaseSettings } from '../../config/normal-config.ts';
import type { LevelSettings } from '../../engine/levels/level-settings.ts';
import { type Replicas, replicaConfigs } from './replicas.ts';

/** One database to be replicated. */
export interface DatabaseOptions {
  /** It need not exist yet: replication begins when it appears. */
  readonly path: string;
  readonly replicas: Replicas;
  /** Where local files lie. Default: `.<file>-litestream` beside the database. */
  readonly metaPath?: string | undefined;
  /** Restore the newest state first when there is no database. Default false. */
  readonly restoreIfDbNotExists?: boolean | undefined;
  /** Switch a database with a rollback journal to WAL; without it such a database is refused. Default true. */
  readonly switchToWal?: boolean | undefined;
  /** How often to look for changes where the file system does not tell. Default 1000. */
  readonly monitorIntervalMs?: number | undefined;
  /** 0: no checkpoints by time. Default 60,000. */
  readonly checkpointIntervalMs?: number | undefined;
  /** A checkpoint is tried when the WAL has this many pages. Default 1000. */
  readonly minCheckpointPageCount?: number | undefined;
  /** The WAL is truncated when it has this many pages; 0: never. Default 121,359. */
  readonly truncatePageCount?: number | undefined;
  /** The most that is copied at a time; 0: no limit. Default 64 MiB. */
  readonly maxSyncWalBytes?: number | undefined;
  /** Keeps a second writer away from the replicas. */
  readonly lease?: LeaseOptions | undefined;
  /** How replicas are compacted, and how long their files are kept. What is not given has its default. */
  readonly levels?: Partial<LevelSettings> | undefined;
}

/** Fills in the defaults and makes paths absolute. Throws what `replicaConfigs` does. */
export function databaseConfig(options: DatabaseOptions): DatabaseConfig {
  const path = resolve(options.path);
  const { lease: _, ...others } = defaultSettings;
  const given = (Object.keys(others) as (keyof typeof others)[])
    .filter((key) => options[key] !== undefined)
    .map((key) => [key, options[key]]);
  return {
    ...others,
    ...(Object.fromEntries(given) as Partial<DatabaseSettings>),
    lease: leaseSettings(options.lease ?? {}),
    levels: { ...defaultSettings.levels, ...options.levels },
    path,
    metaPath: options.metaPath === undefined ? defaultMetaPath(path) : resolve(options.metaPath),
    replicas: replicaConfigs(options.replicas),
  };
}
