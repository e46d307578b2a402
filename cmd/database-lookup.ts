import { ConfigError } from '../src/config/config-error.ts';
import { defaultMetaPath, defaultReplicaPath, expandPath } from '../src/config/database-paths.ts';
import { defaultSettings, defaultSyncIntervalMs } from '../src/config/defaults.ts';
import {
  databaseIn,
  findCandidates,
  isCandidate,
  replicaAt,
  replicaBeside,
} from '../src/config/directory-databases.ts';
import { diskDirectoryReader } from '../src/config/disk-directory-reader.ts';
import { assertDistinct } from '../src/config/distinct-databases.ts';
import type { DatabaseConfig, NormalConfig, ReplicaConfig } from '../src/config/normal-config.ts';
import {
  type ConfigEnvironment,
  type LoadedConfig,
  readConfigFile,
  readConfigFileIfAny,
} from '../src/config/read-file.ts';
import { isReplicaUrl, locationOfUrl } from '../src/config/replica-url.ts';
import type { configFlags, FlagValues } from './flag.ts';
import { isDatabaseFile } from './sqlite-file.ts';
import { UsageError } from './usage-error.ts';

type ConfigFlagValues = FlagValues<typeof configFlags>;

/** What a word that is a database path or a replica URL stands for. */
export interface ReplicaSource {
  /** Undefined for a URL. */
  readonly database: DatabaseConfig | undefined;
  readonly replicas: readonly ReplicaConfig[];
}

/** The config file of a command's flags; undefined when none was asked for and there is none in the default place. */
export function loadConfigIfAny(
  flags: ConfigFlagValues,
  environment: ConfigEnvironment,
): Promise<LoadedConfig | undefined> {
  return readConfigFileIfAny(readOptions(flags), environment);
}

/** As `loadConfigIfAny`, but a missing file is an error. */
export function loadConfig(flags: ConfigFlagValues, environment: ConfigEnvironment): Promise<LoadedConfig> {
  return readConfigFile(readOptions(flags), environment);
}

/** Finds what `restore`, `ltx` and the like are to read. */
export async function replicaSource(
  word: string,
  flags: ConfigFlagValues,
  environment: ConfigEnvironment,
): Promise<ReplicaSource> {
  if (!isReplicaUrl(word)) {
    const database = await databaseNamed(word, flags, environment);
    return { database, replicas: database.replicas };
  }
  if (flags.config !== undefined) {
    throw new UsageError('arguments', `Cannot use -config with the replica URL ${word}: it needs no config file`, {
      hint: 'leave one of the two away',
    });
  }
  return { database: undefined, replicas: [replicaOfUrl(word, environment)] };
}

/**
 * The configuration of a database: from the config file, also by its `dir` entries; without a config file what
 * `replicate DB` alone would use.
 */
export async function databaseNamed(
  word: string,
  flags: ConfigFlagValues,
  environment: ConfigEnvironment,
): Promise<DatabaseConfig> {
  if (isReplicaUrl(word)) {
    throw new UsageError(
      'arguments',
      `Cannot use ${word}: it is a replica URL, and the path of a database is asked for`,
      {
        hint: 'litestream ltx URL lists what a replica holds',
      },
    );
  }
  const path = expandPath(word, environment);
  const loaded = await loadConfigIfAny(flags, environment);
  const listed = loaded === undefined ? undefined : listedDatabase(loaded.config, path);
  if (listed !== undefined) return listed;
  const besidePath = defaultReplicaPath(path);
  const isBeside = (await diskDirectoryReader.kind(besidePath)) === 'directory';
  if (loaded !== undefined && (flags.config !== undefined || !isBeside)) {
    throw new ConfigError('usage', `Cannot find database ${path}: config ${loaded.file} does not list it`, {
      hint: 'litestream databases lists what it does; a replica URL needs no config file',
    });
  }
  const url = loaded === undefined ? environment.variables.LITESTREAM_REPLICA_URL : undefined;
  const replica = url ? replicaOfUrl(url, environment) : replicaBeside(path);
  return { ...defaultSettings, path, metaPath: defaultMetaPath(path), replicas: [replica] };
}

/**
 * Where the config file wants the local state of a database that is to be restored; undefined: at the default place. A URL
 * needs no config file, so one that is no good is not looked into then.
 */
export async function metaPathOf(
  path: string,
  source: DatabaseConfig | undefined,
  flags: ConfigFlagValues,
  environment: ConfigEnvironment,
): Promise<string | undefined> {
  if (source?.path === path) return source.metaPath;
  try {
    const loaded = await loadConfigIfAny(flags, environment);
    return loaded === undefined ? undefined : listedDatabase(loaded.config, path)?.metaPath;
  } catch (error) {
    if (source === undefined && error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** Every database of a config file, with those that its `dir` entries hold now. */
export async function databasesOf(config: NormalConfig): Promise<DatabaseConfig[]> {
  const databases = [...config.databases];
  for (const directory of config.directories) {
    for (const path of await findCandidates(directory, diskDirectoryReader)) {
      if (databases.some((database) => database.path === path)) continue;
      if (await isDatabaseFile(path)) databases.push(databaseIn(directory, path));
    }
  }
  assertDistinct(databases, 'conflict');
  return databases;
}

function replicaOfUrl(url: string, { variables }: ConfigEnvironment): ReplicaConfig {
  return replicaAt(locationOfUrl(url, { s3Endpoint: variables.LITESTREAM_S3_ENDPOINT }), defaultSyncIntervalMs);
}

function listedDatabase(config: NormalConfig, path: string): DatabaseConfig | undefined {
  const listed = config.databases.find((database) => database.path === path);
  if (listed !== undefined) return listed;
  const directory = config.directories.find((candidate) => isCandidate(candidate, path));
  return directory === undefined ? undefined : databaseIn(directory, path);
}

function readOptions(flags: ConfigFlagValues) {
  return { file: flags.config, variables: flags['no-expand-env'] ? 'keep' : 'expand' } as const;
}
