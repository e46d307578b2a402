import { ConfigError } from './config-error.ts';
import type { DatabaseConfig } from './normal-config.ts';

/** Refuses databases that would write over one another. `code` says whether the command line or a file is to blame. */
export function assertDistinct(databases: Iterable<DatabaseConfig>, code: 'usage' | 'conflict'): void {
  const distinct = new DistinctDatabases(code);
  for (const database of databases) distinct.claim(database);
}

/**
 * Databases that do not write over one another. Refused are the same database twice, a meta path or a replica path of two,
 * two replicas of one database in one place.
 */
export class DistinctDatabases {
  readonly #code: 'usage' | 'conflict';
  readonly #owners = { 'meta path': new Map<string, string>(), replica: new Map<string, string>() };
  readonly #places = new Map<string, DatabaseConfig>();

  constructor(code: 'usage' | 'conflict') {
    this.#code = code;
  }

  /** Throws a ConfigError that names both sides; then nothing is claimed. */
  claim(database: DatabaseConfig): void {
    const { path, metaPath, replicas } = database;
    if (this.#places.has(path)) {
      const hint = 'list each database once';
      throw new ConfigError(this.#code, `Cannot replicate ${path}: it is listed twice`, { hint });
    }
    const urls = replicas.map(({ url }) => url);
    this.#refuseOwned('meta path', metaPath, path, this.#owners['meta path'].get(metaPath));
    for (const [i, url] of urls.entries()) {
      this.#refuseOwned('replica', url, path, urls.indexOf(url) < i ? path : this.#owners.replica.get(url));
    }
    this.#places.set(path, database);
    this.#owners['meta path'].set(metaPath, path);
    for (const url of urls) this.#owners.replica.set(url, path);
  }

  release(path: string): void {
    const database = this.#places.get(path);
    if (database === undefined) return;
    this.#places.delete(path);
    this.#owners['meta path'].delete(database.metaPath);
    for (const { url } of database.replicas) this.#owners.replica.delete(url);
  }

  #refuseOwned(what: 'meta path' | 'replica', place: string, path: string, owner: string | undefined): void {
    if (owner === undefined) return;
    const current = owner === path ? `two of its ${what}s are ${place}` : `both would use the ${what} ${place}`;
    throw new ConfigError(
      this.#code,
      `Cannot replicate ${owner === path ? path : `${owner} and ${path}`}: ${current}`,
      {
        hint:
          this.#code === 'usage'
            ? 'give the directory above them or a quoted glob, which keeps their folders apart'
            : `give each database a ${what} of its own`,
      },
    );
  }
}
