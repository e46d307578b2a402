import type { LevelSettings } from '../../engine/levels/level-settings.ts';
import type { ReplicaLocation } from '../../replica/replica-location.ts';
import type { S3Location } from '../../replica/s3/s3-location.ts';
import type {
  DatabaseConfig,
  DatabaseSettings,
  DirectoryConfig,
  ListenAddress,
  NormalConfig,
  ReplicaConfig,
} from '../normal-config.ts';
import type { ConfigFile, DatabaseEntry } from '../schema/config.ts';
import { formatGoDuration } from '../value/go-duration.ts';
import { Setting, type SettingsTree, settingsYaml } from './settings-tree.ts';

const masked = '*****';
const bytesPerMebibyte = 1 << 20;

/**
 * What a config file comes to, as YAML: every key in effect with its value, `# default` behind those that the file does not say,
 * secrets masked.
 */
export function effectiveYaml(given: ConfigFile, config: NormalConfig): string {
  return settingsYaml(effectiveSettings(given, config));
}

function effectiveSettings(given: ConfigFile, config: NormalConfig): SettingsTree {
  const { socket, logging, heartbeat, metricsAddress, dashboard, mcp } = config;
  const entries = given.dbs ?? [];
  const named = entries.filter(({ dir }) => dir === undefined);
  const below = entries.filter(({ dir }) => dir !== undefined);
  return {
    exec: new Setting(given.exec, config.exec),
    addr: new Setting(given.addr, metricsAddress && addressText(metricsAddress)),
    'ready-max-lag': duration(given['ready-max-lag'], config.readyMaxLagMs),
    dashboard: {
      addr: new Setting(given.dashboard?.addr, dashboard && addressText(dashboard.address)),
      token: new Setting(given.dashboard?.token, dashboard?.token && masked),
    },
    'mcp-addr': new Setting(given['mcp-addr'], mcp && addressText(mcp.address)),
    'mcp-token': new Setting(given['mcp-token'], mcp?.token && masked),
    'mcp-allow-changes': new Setting(given['mcp-allow-changes'], mcp?.allowChanges),
    'heartbeat-url': new Setting(given['heartbeat-url'], heartbeat && withoutPath(heartbeat.url)),
    'heartbeat-interval': duration(given['heartbeat-interval'], heartbeat?.intervalMs),
    socket: {
      enabled: new Setting(given.socket?.enabled, socket !== undefined),
      path: new Setting(given.socket?.path, socket?.path),
      permissions: new Setting(given.socket?.permissions, socket && `0${socket.permissions.toString(8)}`),
    },
    logging: {
      level: new Setting(given.logging?.level, logging.level),
      type: new Setting(given.logging?.type, logging.type),
      stderr: new Setting(given.logging?.stderr, logging.stream === 'stderr'),
      source: new Setting(given.logging?.source, logging.source),
    },
    'shutdown-sync-timeout': duration(given['shutdown-sync-timeout'], config.shutdownSyncTimeoutMs),
    'shutdown-sync-interval': duration(given['shutdown-sync-interval'], config.shutdownSyncIntervalMs),
    workers: new Setting(given.workers, config.workers),
    'store-calls-per-second': new Setting(given['store-calls-per-second'], config.storeCallsPerSecond),
    'databases-at-once': new Setting(given['databases-at-once'], config.databasesAtOnce),
    'park-after': duration(given['park-after'], config.parkAfterMs),
    ...globalLevels(given, config),
    dbs: [
      ...config.databases.map((database, i) => databaseTree(named[i]!, given, database)),
      ...config.directories.map((directory, i) => directoryTree(below[i]!, given, directory)),
    ],
  };
}

/** What holds for all databases stands at the top of the file, and is the same in each. */
function globalLevels(
  given: ConfigFile,
  { databases, directories }: NormalConfig,
): Readonly<Record<string, SettingsTree>> {
  const levels: LevelSettings | undefined = databases[0]?.levels ?? directories[0]?.settings.levels;
  if (levels === undefined) return {};
  return {
    levels: levels.intervalsMs.map((intervalMs, i) => ({
      interval: duration(given.levels?.[i]?.interval, intervalMs),
    })),
    'l0-retention': duration(given['l0-retention'], levels.syncRetentionMs),
    'l0-retention-check-interval': duration(given['l0-retention-check-interval'], levels.syncRetentionCheckMs),
    retention: { enabled: new Setting(given.retention?.enabled, levels.isRetentionEnabled) },
    'verify-compaction': new Setting(given['verify-compaction'], levels.verifyCompaction),
  };
}

function databaseTree(entry: DatabaseEntry, file: ConfigFile, database: DatabaseConfig): SettingsTree {
  return {
    path: new Setting(entry.path, database.path),
    'meta-path': new Setting(entry['meta-path'], database.metaPath),
    ...settingsTree(entry, file, database),
    replicas: replicaTrees(entry, file, database.replicas),
  };
}

function directoryTree(entry: DatabaseEntry, file: ConfigFile, directory: DirectoryConfig): SettingsTree {
  const { meta, replicas } = directory;
  return {
    dir: new Setting(entry.dir, directory.directory),
    pattern: new Setting(entry.pattern, directory.pattern),
    recursive: new Setting(entry.recursive, directory.recursive),
    watch: new Setting(entry.watch, directory.watch),
    ...(meta.kind === 'beside' ? {} : { [meta.kind]: new Setting(entry[meta.kind], meta.base) }),
    ...settingsTree(entry, file, directory.settings),
    replicas: replicaTrees(entry, file, replicas ?? []),
  };
}

function settingsTree(
  entry: DatabaseEntry,
  file: ConfigFile,
  settings: DatabaseSettings,
): Readonly<Record<string, SettingsTree>> {
  const { lease, levels } = settings;
  const enabled = { auto: undefined, on: true, off: false }[lease.mode];
  const given = { lease: { ...file.lease, ...entry.lease }, snapshot: { ...file.snapshot, ...entry.snapshot } };
  return {
    'monitor-interval': duration(entry['monitor-interval'], settings.monitorIntervalMs),
    'checkpoint-interval': duration(entry['checkpoint-interval'], settings.checkpointIntervalMs),
    'min-checkpoint-page-count': new Setting(entry['min-checkpoint-page-count'], settings.minCheckpointPageCount),
    'truncate-page-n': new Setting(entry['truncate-page-n'], settings.truncatePageCount),
    'max-sync-wal-bytes': size(entry['max-sync-wal-bytes'], settings.maxSyncWalBytes),
    'restore-if-db-not-exists': new Setting(entry['restore-if-db-not-exists'], settings.restoreIfDbNotExists),
    'switch-to-wal': new Setting(entry['switch-to-wal'] ?? file['switch-to-wal'], settings.switchToWal),
    snapshot: {
      interval: duration(given.snapshot.interval, levels.snapshotIntervalMs),
      retention: duration(given.snapshot.retention, levels.snapshotRetentionMs),
    },
    lease: {
      enabled: new Setting(given.lease.enabled, enabled),
      ttl: duration(given.lease.ttl, lease.ttlMs),
      owner: new Setting(given.lease.owner, lease.owner),
    },
  };
}

function replicaTrees(entry: DatabaseEntry, file: ConfigFile, replicas: readonly ReplicaConfig[]): SettingsTree[] {
  const entries = entry.replica === undefined ? (entry.replicas ?? []) : [entry.replica];
  return replicas.map((replica, i): SettingsTree => {
    const given = { ...file, ...entries[i] };
    return {
      name: new Setting(entries[i]?.name, replica.name),
      ...locationTree(given, replica.location),
      'sync-interval': duration(given['sync-interval'], replica.syncIntervalMs),
      'auto-recover': new Setting(given['auto-recover'], replica.autoRecover),
    };
  });
}

type GivenReplica = Readonly<Record<string, unknown>>;

function locationTree(given: GivenReplica, location: ReplicaLocation): Readonly<Record<string, SettingsTree>> {
  if (location.type === 'file') return { type: new Setting(true, 'file'), path: new Setting(true, location.path) };
  return s3Tree(given, location);
}

function s3Tree(given: GivenReplica, location: S3Location): Readonly<Record<string, SettingsTree>> {
  const { credentials, encryption } = location;
  const byUrl = given.url; // it may say any of them
  return {
    type: new Setting(true, 's3'),
    bucket: new Setting(true, location.bucket),
    path: new Setting(true, location.path || undefined),
    region: new Setting(given.region ?? byUrl, location.region),
    endpoint: new Setting(given.endpoint ?? byUrl, location.endpoint),
    'access-key-id': new Setting(true, credentials && masked),
    'secret-access-key': new Setting(true, credentials && masked),
    'force-path-style': new Setting(given['force-path-style'], location.forcePathStyle),
    'sign-payload': new Setting(given['sign-payload'], location.signPayload),
    'require-content-md5': new Setting(given['require-content-md5'], location.requireContentMd5),
    'skip-verify': new Setting(given['skip-verify'], location.skipVerify),
    'storage-class': new Setting(true, location.storageClass),
    'part-size': size(given['part-size'], location.partSizeBytes),
    concurrency: new Setting(given.concurrency, location.concurrency),
    'sse-customer-key': new Setting(true, encryption.kind === 'customer-key' ? masked : undefined),
    'sse-customer-key-path': new Setting(true, encryption.kind === 'customer-key-file' ? encryption.path : undefined),
    'sse-kms-key-id': new Setting(true, encryption.kind === 'kms' ? encryption.keyId : undefined),
  };
}

function duration(given: unknown, valueMs: number | undefined): Setting {
  return new Setting(given, valueMs === undefined ? undefined : formatGoDuration(valueMs));
}

function size(given: unknown, bytes: number): Setting {
  return new Setting(given, bytes > 0 && bytes % bytesPerMebibyte === 0 ? `${bytes / bytesPerMebibyte}MiB` : bytes);
}

function addressText({ host, port }: ListenAddress): string {
  return `${host?.includes(':') ? `[${host}]` : (host ?? '')}:${port}`;
}

/** The path of such a URL is its secret. */
function withoutPath(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return pathname === '/' ? `${protocol}//${host}/` : `${protocol}//${host}/${masked}`;
}
