import { basename, dirname, join } from 'node:path';
import { ConfigError } from './config-error.ts';
import { defaultMetaPath, expandPath, isNeverDatabase, type PathContext } from './database-paths.ts';
import { defaultSettings, defaultSyncIntervalMs } from './defaults.ts';
import {
  type DirectoryReader,
  databaseIn,
  findCandidates,
  replicaAt,
  replicaBelow,
  replicaBeside,
  replicaName,
} from './directory-databases.ts';
import { assertDistinct } from './distinct-databases.ts';
import { isGlob } from './glob.ts';
import type { DatabaseConfig, DatabaseSettings, DirectoryConfig, ReplicaConfig } from './normal-config.ts';
import { isReplicaUrl, locationOfUrl } from './replica-url.ts';

export interface Candidate {
  readonly database: DatabaseConfig;
  /** True when the user named the file. Others were found, and only their headers tell whether they are databases. */
  readonly explicit: boolean;
}

export interface CommandLineDatabases {
  readonly candidates: readonly Candidate[];
  /** What to look for while running, one entry for each glob and directory. */
  readonly directories: readonly DirectoryConfig[];
}

export interface CommandLineContext extends PathContext {
  readonly reader: DirectoryReader;
  /** The variable LITESTREAM_REPLICA_URL: the replica where the command line names none. */
  readonly replicaUrl?: string | undefined;
  /** The variable LITESTREAM_S3_ENDPOINT: the endpoint of S3 URLs that name none. */
  readonly s3Endpoint?: string | undefined;
  readonly settings?: DatabaseSettings | undefined;
}

/**
 * What `replicate [DB...] [URL]` means. One plain path: the URLs are its replicas. Several paths, a glob or a directory:
 * each database's path below the fixed part is added to each URL. The fixed part of a plain path is its directory, so a
 * replica's place never depends on which other databases are named. Throws a ConfigError `usage`. After the headers of
 * found candidates have been looked at, `assertDistinct` is to be asked once more.
 */
export async function commandLineDatabases(
  words: readonly string[],
  context: CommandLineContext,
): Promise<CommandLineDatabases> {
  const urls = words.filter(isReplicaUrl);
  if (urls.length === 0 && context.replicaUrl) urls.push(context.replicaUrl);
  const replicas = replicasAt(urls, context);
  const sources = await sourcesOf(
    words.filter((word) => !isReplicaUrl(word)),
    context,
  );
  const settings = context.settings ?? defaultSettings;
  const [only] = sources;
  const isOnePath = sources.length === 1 && only?.kind === 'path';

  const directories: DirectoryConfig[] = [];
  const candidates: Candidate[] = [];
  for (const source of sources) {
    if (source.kind === 'path') {
      const placed = isOnePath ? replicas : replicas.map((replica) => replicaBelow(replica, basename(source.path)));
      candidates.push({ database: plainDatabase(source.path, placed, settings), explicit: true });
    } else {
      const config = directoryConfig(source, replicas, settings);
      directories.push(config);
      for (const path of await findCandidates(config, context.reader)) {
        candidates.push({ database: databaseIn(config, path), explicit: false });
      }
    }
  }
  assertDistinct(
    candidates.filter((candidate) => candidate.explicit).map((candidate) => candidate.database),
    'usage',
  );
  return { candidates: withoutRepeats(candidates), directories };
}

type Source =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'directory'; readonly path: string; readonly pattern: string; readonly recursive: boolean };

async function sourcesOf(words: readonly string[], context: CommandLineContext): Promise<Source[]> {
  const sources = new Map<string, Source>();
  const passedOver: string[] = [];
  for (const word of words) {
    const path = expandPath(word, context);
    const kind = await context.reader.kind(path);
    if (kind === 'missing' && isGlob(word)) sources.set(path, globSource(path));
    else if (isNeverDatabase(basename(path), kind === 'directory' ? 'directory' : 'file')) passedOver.push(path);
    else if (kind === 'directory') sources.set(path, { kind, path, pattern: '*', recursive: true });
    else sources.set(path, { kind: 'path', path });
  }
  if (sources.size > 0) return [...sources.values()];
  if (passedOver.length > 0) {
    throw new ConfigError(
      'usage',
      `Cannot replicate ${passedOver.join(', ')}: not a database but what lies beside one`,
      {
        hint: 'name the database itself, a directory or a quoted glob',
      },
    );
  }
  throw new ConfigError('usage', 'Cannot replicate: no database is named', {
    hint: 'litestream replicate /path/to/db file:///path/to/replica',
  });
}

/** The folders before the first part with a wildcard are the fixed part. */
function globSource(glob: string): Source {
  let path = dirname(glob);
  while (isGlob(path)) path = dirname(path);
  const pattern = glob.slice(path === '/' ? 1 : path.length + 1);
  return { kind: 'directory', path, pattern, recursive: pattern.includes('/') };
}

function replicasAt(urls: readonly string[], { s3Endpoint }: CommandLineContext): ReplicaConfig[] {
  const locations = urls.map((url) => locationOfUrl(url, { s3Endpoint }));
  return locations.map((location, index) => {
    return { ...replicaAt(location, defaultSyncIntervalMs), name: replicaName(locations, index) };
  });
}

function plainDatabase(path: string, replicas: readonly ReplicaConfig[], settings: DatabaseSettings): DatabaseConfig {
  const beside = [replicaBeside(path)];
  return { ...settings, path, metaPath: defaultMetaPath(path), replicas: replicas.length > 0 ? replicas : beside };
}

function directoryConfig(
  source: Extract<Source, { kind: 'directory' }>,
  replicas: readonly ReplicaConfig[],
  settings: DatabaseSettings,
): DirectoryConfig {
  return {
    directory: source.path,
    pattern: source.pattern,
    recursive: source.recursive,
    watch: true,
    meta: { kind: 'beside' },
    replicas: replicas.length > 0 ? replicas : undefined,
    settings,
  };
}

/** A file that is named and found, or found twice, with the same replicas is one candidate; the named one stays. */
function withoutRepeats(candidates: readonly Candidate[]): Candidate[] {
  const byPlace = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const { path, replicas } = candidate.database;
    const place = join(path, '\0', replicas.map((replica) => replica.url).join('\0'));
    if (candidate.explicit || !byPlace.has(place)) byPlace.set(place, candidate);
  }
  return [...byPlace.values()];
}
