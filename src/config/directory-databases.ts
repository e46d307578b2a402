import { basename, dirname, join, relative } from 'node:path';
import { locationBelow, locationUrl, type ReplicaLocation } from '../replica/replica-location.ts';
import { systemErrorCode } from '../runtime/typed-error.ts';
import { defaultMetaPath, defaultReplicaPath, isNeverDatabase, metaSuffix } from './database-paths.ts';
import { defaultAutoRecover, defaultSyncIntervalMs } from './defaults.ts';
import { globExpression } from './glob.ts';
import type { DatabaseConfig, DirectoryConfig, MetaPlace, ReplicaConfig } from './normal-config.ts';

/** Passed over when databases are looked for, as every name of this kind. */
const sharedStateName = `.shared${metaSuffix}`;

/** Looks at names only. Nothing below this interface opens a file: closing a live database would drop SQLite's locks. */
export interface DirectoryReader {
  /** Symbolic links are followed. */
  kind(path: string): Promise<EntryKind>;
  /** The entries of a directory; empty when it does not exist. Links to directories are `other`: no scan goes round. */
  list(path: string): Promise<readonly DirectoryEntry[]>;
  /** A directory in the one that is searched may not be read, and is passed over. */
  onDenied?(path: string): void;
}

export type EntryKind = 'file' | 'directory' | 'other' | 'missing';

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

/**
 * The files of a directory that may be databases, in order of their paths. Their headers are still to be looked at. `top`: the
 * directory itself, or one below it to look in only.
 */
export async function findCandidates(
  config: DirectoryConfig,
  reader: DirectoryReader,
  top: string = config.directory,
): Promise<string[]> {
  const found: string[] = [];
  const waiting = [top];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const folder = relative(config.directory, directory);
    for (const { name, kind } of await entriesOf(directory, config, reader)) {
      if (kind === 'file' && isCandidateName(config, folder, name)) found.push(join(directory, name));
      if (kind !== 'directory' || !config.recursive || isNeverDatabase(name, 'directory')) continue;
      waiting.push(join(directory, name));
    }
  }
  return found.sort();
}

async function entriesOf(
  directory: string,
  config: DirectoryConfig,
  reader: DirectoryReader,
): Promise<readonly DirectoryEntry[]> {
  try {
    return await reader.list(directory);
  } catch (error) {
    const isDenied = ['EACCES', 'EPERM'].includes(systemErrorCode(error) ?? '');
    if (directory === config.directory || !isDenied) throw error;
    reader.onDenied?.(directory);
    return [];
  }
}

/** Whether a file that stands or appears at `path` may be a database of this directory. */
export function isCandidate(config: DirectoryConfig, path: string): boolean {
  const parts = relative(config.directory, path).split('/');
  const name = parts.pop() ?? '';
  if (name === '' || parts[0] === '..' || (parts.length > 0 && !config.recursive)) return false;
  return !parts.some((part) => isNeverDatabase(part, 'directory')) && isCandidateName(config, parts.join('/'), name);
}

/** As `isCandidate`, for a name in a folder below the directory that is searched. */
function isCandidateName({ pattern }: DirectoryConfig, folder: string, name: string): boolean {
  if (isNeverDatabase(name, 'file')) return false;
  return globExpression(pattern).test(folder !== '' && pattern.includes('/') ? `${folder}/${name}` : name);
}

/** The configuration of one database of a directory. */
export function databaseIn(config: DirectoryConfig, path: string): DatabaseConfig {
  const below = relative(config.directory, path);
  const replicas = config.replicas?.map((replica) => replicaBelow(replica, below));
  const { settings } = config;
  // Named one by one: V8 gives an object that is spread from two a hidden class of its own, and there may be thousands.
  return {
    monitorIntervalMs: settings.monitorIntervalMs,
    checkpointIntervalMs: settings.checkpointIntervalMs,
    minCheckpointPageCount: settings.minCheckpointPageCount,
    truncatePageCount: settings.truncatePageCount,
    maxSyncWalBytes: settings.maxSyncWalBytes,
    restoreIfDbNotExists: settings.restoreIfDbNotExists,
    switchToWal: settings.switchToWal,
    lease: settings.lease,
    levels: settings.levels,
    path,
    metaPath: metaPathIn(config.meta, below, path),
    replicas: replicas ?? [replicaBeside(path)],
    sharedLease: config.replicas && {
      places: config.replicas.map(({ location }) => location),
      statePath: join(config.meta.kind === 'beside' ? config.directory : config.meta.base, sharedStateName),
    },
  };
}

/** A replica under its default name, that of its type. */
export function replicaAt(location: ReplicaLocation, syncIntervalMs: number): ReplicaConfig {
  return { name: location.type, location, url: locationUrl(location), syncIntervalMs, autoRecover: defaultAutoRecover };
}

/** What one of a database's replicas is called when it has no name: by its type, `s3`, `s3-2`, `s3-3` ... */
export function replicaName(locations: readonly ReplicaLocation[], index: number): string {
  const type = locations[index]!.type;
  const before = locations.slice(0, index).filter((location) => location.type === type).length;
  return before === 0 ? type : `${type}-${before + 1}`;
}

/** The replica of a database for which none is named. */
export function replicaBeside(databasePath: string): ReplicaConfig {
  return replicaAt({ type: 'file', path: defaultReplicaPath(databasePath) }, defaultSyncIntervalMs);
}

/** The replica with a relative path added to its own. */
export function replicaBelow(replica: ReplicaConfig, below: string): ReplicaConfig {
  const location = locationBelow(replica.location, below);
  return { ...replica, location, url: locationUrl(location) };
}

function metaPathIn(meta: MetaPlace, below: string, path: string): string {
  if (meta.kind === 'meta-dir') return join(meta.base, `${below}${metaSuffix}`);
  if (meta.kind === 'meta-path') return join(meta.base, dirname(below), `.${basename(below)}${metaSuffix}`);
  return defaultMetaPath(path);
}
