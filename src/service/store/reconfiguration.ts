import { isCandidate } from '../../config/directory-databases.ts';
import { DistinctDatabases } from '../../config/distinct-databases.ts';
import type { DatabaseConfig, DirectoryConfig } from '../../config/normal-config.ts';
import type { Logger } from '../../runtime/logger.ts';
import { hintOf } from '../../runtime/typed-error.ts';
import type { ConfigChange } from './config-change.ts';
import type { Directories } from './directories.ts';

/** What of a store a change of its configuration touches. */
export interface ReconfiguredStore {
  /** All that it has now. */
  readonly configs: readonly DatabaseConfig[];
  readonly directories: Directories;
  readonly logger: Logger;
  has(path: string): boolean;
  /** Finds the databases of a directory and begins to watch it. */
  find(directory: DirectoryConfig): Promise<readonly DatabaseConfig[]>;
  add(database: DatabaseConfig): Promise<void>;
  remove(path: string): Promise<unknown>;
}

/** Goes from one configuration to another. Databases begin and end independently: one that fails is told to the logger. */
export class Reconfiguration {
  readonly #change: ConfigChange;
  readonly #store: ReconfiguredStore;
  /** Configured by name afterwards. */
  readonly #named: ReadonlyMap<string, DatabaseConfig>;

  constructor(change: ConfigChange, named: ReadonlyMap<string, DatabaseConfig>, store: ReconfiguredStore) {
    this.#change = change;
    this.#named = named;
    this.#store = store;
  }

  /** Throws ConfigError `conflict` when databases that stay and databases that come would write over one another. */
  refuseCollisions(): void {
    const { removed, changed, added } = this.#change;
    const distinct = new DistinctDatabases('conflict');
    const replaced = new Set([...removed, ...changed, ...added].map(({ path }) => path));
    for (const database of this.#store.configs) {
      if (!replaced.has(database.path) && !this.#endsWithDirectory(database)) distinct.claim(database);
    }
    for (const database of [...changed, ...added]) distinct.claim(database);
  }

  async run(): Promise<void> {
    await this.#end();
    await this.#begin();
  }

  async #end(): Promise<void> {
    const { removed, changed, added, endedDirectories } = this.#change;
    const ending = new Set(removed.map(({ path }) => path));
    for (const config of endedDirectories) {
      for (const path of await this.#store.directories.end(config)) if (!this.#named.has(path)) ending.add(path);
    }
    // One that was added, or found in a directory, may be configured by name now.
    for (const { path } of [...changed, ...added]) ending.add(path);
    const known = [...ending].filter((path) => this.#store.has(path));
    await this.#each(known, 'cannot end the replication of a database', (path) => this.#store.remove(path));
  }

  async #begin(): Promise<void> {
    const { changed, added, begunDirectories } = this.#change;
    const arriving = new Map([...changed, ...added].map((database) => [database.path, database]));
    for (const config of begunDirectories) {
      for (const database of await this.#store.find(config)) {
        if (!arriving.has(database.path) && !this.#store.has(database.path)) arriving.set(database.path, database);
      }
    }
    await this.#each(arriving.keys(), 'cannot replicate a database', (path) => this.#store.add(arriving.get(path)!));
    this.#store.directories.run();
  }

  #endsWithDirectory({ path }: DatabaseConfig): boolean {
    return !this.#named.has(path) && this.#change.endedDirectories.some((config) => isCandidate(config, path));
  }

  async #each(paths: Iterable<string>, failure: string, act: (path: string) => Promise<unknown>): Promise<void> {
    const one = async (path: string): Promise<void> => {
      try {
        await act(path);
      } catch (error) {
        this.#store.logger.error(failure, { db: path, error, hint: hintOf(error) });
      }
    };
    await Promise.all([...paths].map(one));
  }
}
