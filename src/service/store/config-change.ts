import { isDeepStrictEqual } from 'node:util';
import type { DatabaseConfig, DirectoryConfig } from '../../config/normal-config.ts';

/** What is configured: databases by name, and directories. */
export interface ConfiguredDatabases {
  readonly databases: readonly DatabaseConfig[];
  readonly directories: readonly DirectoryConfig[];
}

/** How one configuration differs from another. What is in none of the lists stays as it is. */
export interface ConfigChange {
  /** Databases that are not configured any more, as they were. */
  readonly removed: readonly DatabaseConfig[];
  /** Databases whose settings or replicas are others, as they are to be. */
  readonly changed: readonly DatabaseConfig[];
  readonly added: readonly DatabaseConfig[];
  /** A directory whose settings are others is ended and begun. */
  readonly endedDirectories: readonly DirectoryConfig[];
  readonly begunDirectories: readonly DirectoryConfig[];
}

export function configChange(before: ConfiguredDatabases, after: ConfiguredDatabases): ConfigChange {
  const old = new Map(before.databases.map((database) => [database.path, database]));
  const paths = new Set(after.databases.map(({ path }) => path));
  const isIn = (list: readonly DirectoryConfig[], config: DirectoryConfig) =>
    list.some((other) => isDeepStrictEqual(other, config));
  return {
    removed: before.databases.filter(({ path }) => !paths.has(path)),
    changed: after.databases.filter((database) => {
      const known = old.get(database.path);
      return known !== undefined && !isDeepStrictEqual(known, database);
    }),
    added: after.databases.filter(({ path }) => !old.has(path)),
    endedDirectories: before.directories.filter((config) => !isIn(after.directories, config)),
    begunDirectories: after.directories.filter((config) => !isIn(before.directories, config)),
  };
}
