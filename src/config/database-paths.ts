import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError } from './config-error.ts';

/** What relative paths and `~` mean. */
export interface PathContext {
  readonly workingDirectory: string;
  /** Undefined where the user has none. */
  readonly homeDirectory: string | undefined;
}

export const metaSuffix = '-litestream';
export const replicaSuffix = '-replica';

/** The absolute form of a path: `~` is the home directory, `sqlite://` and `sqlite3://` are dropped. */
export function expandPath(path: string, context: PathContext): string {
  const bare = path.replace(/^sqlite3?:\/\//, '');
  if (bare !== '~' && !bare.startsWith('~/')) return resolve(context.workingDirectory, bare);
  if (context.homeDirectory === undefined) {
    throw new ConfigError('invalid', `Cannot expand path ${path}: this user has no home directory`);
  }
  return join(context.homeDirectory, bare.slice(1));
}

/** Litestream's place for local files: `.<file>-litestream` beside the database. */
export function defaultMetaPath(databasePath: string): string {
  return join(dirname(databasePath), `.${basename(databasePath)}${metaSuffix}`);
}

/** Where a database without a configured replica is copied to. */
export function defaultReplicaPath(databasePath: string): string {
  return `${databasePath}${replicaSuffix}`;
}

/** Whether a directory entry is never taken for a database: what SQLite, this program or Litestream puts beside one. */
export function isNeverDatabase(name: string, kind: 'file' | 'directory'): boolean {
  if (name.startsWith('.') && name.endsWith(metaSuffix)) return true;
  if (kind === 'directory') return name.endsWith(replicaSuffix);
  return /(-wal|-shm|-journal|\.tmp)$/.test(name);
}
