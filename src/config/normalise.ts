import type { LevelSettings } from '../engine/levels/level-settings.ts';
import type { ReplicaLocation } from '../replica/replica-location.ts';
import { parseReplicaUrl } from '../replica/replica-url.ts';
import { s3Location } from '../replica/s3/s3-location.ts';
import { ConfigError } from './config-error.ts';
import { defaultMetaPath, expandPath, type PathContext } from './database-paths.ts';
import {
  defaultAutoRecover,
  defaultConfig,
  defaultHeartbeatIntervalMs,
  defaultSettings,
  defaultSocket,
  defaultSyncIntervalMs,
} from './defaults.ts';
import { replicaAt, replicaName } from './directory-databases.ts';
import { assertDistinct } from './distinct-databases.ts';
import { guarded } from './guarded-address.ts';
import { leaseSettings } from './lease-settings.ts';
import { logLevel } from './log-level.ts';
import type {
  DatabaseConfig,
  DatabaseSettings,
  DirectoryConfig,
  HeartbeatConfig,
  LeaseSettings,
  LoggingConfig,
  McpConfig,
  MetaPlace,
  NormalConfig,
  ReplicaConfig,
  SocketConfig,
} from './normal-config.ts';
import { asConfigError } from './replica-url.ts';
import type { ConfigFile, DatabaseEntry } from './schema/config.ts';
import type { ReplicaEntry } from './schema/replica.ts';
import { s3SettingsOf } from './schema/s3-settings.ts';

export interface NormaliseContext extends PathContext {
  readonly processorCount: number;
  /** The variable LOG_LEVEL, which goes before the file as in Litestream. */
  readonly logLevel?: string | undefined;
}

/** Fills in the defaults and makes paths absolute. Throws a ConfigError `conflict` for databases that collide. */
export function normalise(file: ConfigFile, context: NormaliseContext): NormalConfig {
  const defaults = defaultConfig(context.processorCount);
  const databases: DatabaseConfig[] = [];
  const directories: DirectoryConfig[] = [];
  for (const entry of file.dbs ?? []) {
    if (entry.dir === undefined) databases.push(database(entry, file, context));
    else directories.push(directory(entry, entry.dir, file, context));
  }
  assertDistinct(databases, 'conflict');
  return {
    databases,
    directories,
    exec: file.exec,
    metricsAddress: file.addr,
    readyMaxLagMs: file['ready-max-lag'] ?? defaults.readyMaxLagMs,
    dashboard: guarded('dashboard.addr', file.dashboard?.addr, file.dashboard?.token),
    mcp: mcp(file),
    heartbeat: heartbeat(file),
    socket: socket(file.socket ?? {}, context),
    logging: logging(file.logging ?? {}, context.logLevel, defaults.logging),
    shutdownSyncTimeoutMs: file['shutdown-sync-timeout'] ?? defaults.shutdownSyncTimeoutMs,
    shutdownSyncIntervalMs: file['shutdown-sync-interval'] ?? defaults.shutdownSyncIntervalMs,
    workers: file.workers ?? defaults.workers,
    storeCallsPerSecond: file['store-calls-per-second'] ?? defaults.storeCallsPerSecond,
    parkAfterMs: file['park-after'] ?? defaults.parkAfterMs,
    databasesAtOnce: file['databases-at-once'] ?? defaults.databasesAtOnce,
  };
}

function heartbeat(file: ConfigFile): HeartbeatConfig | undefined {
  const { 'heartbeat-url': url, 'heartbeat-interval': intervalMs = defaultHeartbeatIntervalMs } = file;
  return url === undefined ? undefined : { url, intervalMs };
}

function mcp(file: ConfigFile): McpConfig | undefined {
  const place = guarded('mcp-addr', file['mcp-addr'], file['mcp-token']);
  return place && { ...place, allowChanges: file['mcp-allow-changes'] ?? false };
}

function socket(
  { enabled = false, path, permissions = defaultSocket.permissions }: NonNullable<ConfigFile['socket']>,
  context: PathContext,
): SocketConfig | undefined {
  if (!enabled) return undefined;
  return { path: path === undefined ? defaultSocket.path : expandPath(path, context), permissions };
}

function database(entry: DatabaseEntry, file: ConfigFile, context: PathContext): DatabaseConfig {
  const path = expandPath(entry.path ?? '', context);
  const metaPath = entry['meta-path'];
  return {
    ...settings(entry, file),
    path,
    metaPath: metaPath === undefined ? defaultMetaPath(path) : expandPath(metaPath, context),
    replicas: replicas(entry, path, file, context),
  };
}

function directory(entry: DatabaseEntry, dir: string, file: ConfigFile, context: PathContext): DirectoryConfig {
  const path = expandPath(dir, context);
  return {
    directory: path,
    pattern: entry.pattern ?? '*',
    recursive: entry.recursive ?? false,
    watch: entry.watch ?? false,
    meta: metaPlace(entry, context),
    replicas: replicas(entry, path, file, context),
    settings: settings(entry, file),
  };
}

function metaPlace(entry: DatabaseEntry, context: PathContext): MetaPlace {
  const { 'meta-dir': metaDir, 'meta-path': metaPath } = entry;
  if (metaDir !== undefined) return { kind: 'meta-dir', base: expandPath(metaDir, context) };
  if (metaPath !== undefined) return { kind: 'meta-path', base: expandPath(metaPath, context) };
  return { kind: 'beside' };
}

function settings(entry: DatabaseEntry, file: ConfigFile): DatabaseSettings {
  return {
    monitorIntervalMs: entry['monitor-interval'] ?? defaultSettings.monitorIntervalMs,
    checkpointIntervalMs: entry['checkpoint-interval'] ?? defaultSettings.checkpointIntervalMs,
    minCheckpointPageCount: entry['min-checkpoint-page-count'] ?? defaultSettings.minCheckpointPageCount,
    truncatePageCount: entry['truncate-page-n'] ?? defaultSettings.truncatePageCount,
    maxSyncWalBytes: entry['max-sync-wal-bytes'] ?? defaultSettings.maxSyncWalBytes,
    restoreIfDbNotExists: entry['restore-if-db-not-exists'] ?? defaultSettings.restoreIfDbNotExists,
    switchToWal: entry['switch-to-wal'] ?? file['switch-to-wal'] ?? defaultSettings.switchToWal,
    lease: lease({ ...file.lease, ...entry.lease }),
    levels: levelSettings(entry, file),
  };
}

function levelSettings(entry: DatabaseEntry, file: ConfigFile): LevelSettings {
  const { levels: defaults } = defaultSettings;
  return {
    intervalsMs: file.levels?.map(({ interval }) => interval) ?? defaults.intervalsMs,
    snapshotIntervalMs: entry.snapshot?.interval ?? file.snapshot?.interval ?? defaults.snapshotIntervalMs,
    snapshotRetentionMs: entry.snapshot?.retention ?? file.snapshot?.retention ?? defaults.snapshotRetentionMs,
    syncRetentionMs: file['l0-retention'] ?? defaults.syncRetentionMs,
    syncRetentionCheckMs: file['l0-retention-check-interval'] ?? defaults.syncRetentionCheckMs,
    isRetentionEnabled: file.retention?.enabled ?? defaults.isRetentionEnabled,
    verifyCompaction: file['verify-compaction'] ?? defaults.verifyCompaction,
  };
}

function lease({ enabled, ttl, owner }: NonNullable<ConfigFile['lease']>): LeaseSettings {
  return leaseSettings({ enabled, ttlMs: ttl, owner });
}

/** Names that are not given are those of `replicaName`. */
function replicas(entry: DatabaseEntry, owner: string, file: ConfigFile, context: PathContext): ReplicaConfig[] {
  const entries = entry.replica === undefined ? (entry.replicas ?? []) : [entry.replica];
  const names = new Set<string>();
  const locations = entries.map((replica) => replicaLocation(replica, file, context));
  return entries.map((replica, index): ReplicaConfig => {
    const name = replica.name ?? replicaName(locations, index);
    if (names.has(name)) {
      throw new ConfigError('conflict', `Cannot replicate ${owner}: two of its replicas are named ${name}`, {
        hint: 'give each replica of a database a name of its own',
      });
    }
    names.add(name);
    const syncIntervalMs = replica['sync-interval'] ?? file['sync-interval'] ?? defaultSyncIntervalMs;
    const autoRecover = replica['auto-recover'] ?? file['auto-recover'] ?? defaultAutoRecover;
    return { ...replicaAt(locations[index]!, syncIntervalMs), name, autoRecover };
  });
}

/** What stands beside a URL, also at the top of the file, goes before what stands in it; but a URL names its bucket. */
function replicaLocation(replica: ReplicaEntry, file: ConfigFile, context: PathContext): ReplicaLocation {
  const { url, path = '', type } = replica;
  const { bucket, ...shared } = s3SettingsOf(file);
  const own = s3SettingsOf(replica);
  const keyPath = own.sseCustomerKeyPath ?? shared.sseCustomerKeyPath;
  const s3 = { ...shared, ...own, ...(keyPath ? { sseCustomerKeyPath: expandPath(keyPath, context) } : {}) };
  if (url === undefined && type !== 's3') return { type: 'file', path: expandPath(path, context) };
  return asConfigError(() => (url === undefined ? s3Location({ bucket, ...s3, path }) : parseReplicaUrl(url, { s3 })));
}

function logging(
  file: NonNullable<ConfigFile['logging']>,
  environmentLevel: string | undefined,
  defaults: LoggingConfig,
): LoggingConfig {
  const level = environmentLevel === undefined || environmentLevel === '' ? file.level : environmentLevel;
  return {
    level: logLevel(level ?? '') ?? defaults.level,
    type: file.type === 'json' ? 'json' : 'text',
    stream: file.stderr === false ? 'stdout' : defaults.stream,
    source: file.source ?? defaults.source,
  };
}
