import { statSync } from 'node:fs';
import { type DirectoryReader, databaseIn, findCandidates } from '../../config/directory-databases.ts';
import { diskDirectoryReader } from '../../config/disk-directory-reader.ts';
import type { DatabaseConfig, DirectoryConfig } from '../../config/normal-config.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { Wakeup } from '../../runtime/wakeup.ts';
import { isWatchable } from '../../runtime/watchable-file-system.ts';
import { ServiceError } from '../service-error.ts';
import type { Inspection } from '../shard/shard-protocol.ts';
import { DirectoryEvents } from '../watch/directory-events.ts';

/** After an event, how long to wait for more; while events bring nothing new, as those of busy databases, up to the limit. */
const scanFirstMs = 100;
const scanLimitMs = 2_000;
/** How long a database's file has to be missing until its replication ends: it may be being replaced. */
const absenceMs = 3_000;

export interface DiscoveryServices {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Says what files are. Asked of a shard, because no other code may open a file that may be a database. */
  readonly inspect: (paths: readonly string[]) => Promise<readonly Inspection[]>;
  readonly add: (database: DatabaseConfig) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
}

/** Finds the databases of one directory, at the start and, where asked for, while running. */
export class Discovery {
  readonly #config: DirectoryConfig;
  readonly #services: DiscoveryServices;
  readonly #logger: Logger;
  readonly #wakeup: Wakeup;
  readonly #watches = new Map<string, DirectoryEvents>();
  readonly #known = new Set<string>();
  /** Files that are no databases, as they were when they were looked at. */
  readonly #passedOver = new Map<string, string>();
  readonly #missingSinceMs = new Map<string, number>();
  #directories: readonly string[];
  #problem: string | undefined;

  constructor(config: DirectoryConfig, services: DiscoveryServices) {
    this.#config = config;
    this.#services = services;
    this.#logger = services.logger.child({ directory: config.directory });
    this.#wakeup = new Wakeup(services.clock);
    this.#directories = [config.directory];
  }

  /** The databases that are new since the last scan. */
  async scan(): Promise<DatabaseConfig[]> {
    const { paths, directories } = await this.#list();
    this.#directories = directories;
    this.#noteMissing(new Set(paths));
    const fresh = paths.filter((path) => !this.#known.has(path) && this.#passedOver.get(path) !== appearance(path));
    const before = fresh.map(appearance);
    const inspections = fresh.length === 0 ? [] : await this.#services.inspect(fresh);
    const found = fresh.filter((path, i) => {
      const inspection = inspections[i]!;
      if (inspection === 'wal' || inspection === 'rollback-journal') return true;
      this.#passOver(path, before[i]!, inspection);
      return false;
    });
    for (const path of found) {
      this.#known.add(path);
      this.#passedOver.delete(path);
    }
    return found.map((path) => databaseIn(this.#config, path));
  }

  /** Lets new databases join and ends those whose files stay away, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    if (!this.#config.watch) return;
    const backoff = new Backoff({ firstMs: scanFirstMs, limitMs: scanLimitMs });
    while (!signal.aborted) {
      const isWatched = this.#watch();
      if (await this.#update(signal)) {
        backoff.reset();
        continue;
      }
      const beganMs = this.#services.clock.monotonic();
      const waitMs = this.#missingSinceMs.size > 0 ? absenceMs / 4 : isWatched ? undefined : scanLimitMs;
      if (!(await this.#wakeup.wait(waitMs, signal))) continue;
      if (this.#services.clock.monotonic() - beganMs > scanLimitMs) backoff.reset();
      // Closed meanwhile, so that a busy database's events cost nothing; whatever they were, the next scan sees it.
      this.#unwatch();
      await this.#services.clock.sleep(backoff.next(), signal);
    }
    this.#unwatch();
  }

  /** Whether anything changed, directories included: then there is something to watch, and to scan, anew. */
  async #update(signal: AbortSignal): Promise<boolean> {
    const directories = this.#directories.join('\0');
    try {
      const found = await this.scan();
      for (const database of found) await this.#add(database, signal);
      const ended = await this.#removeMissing();
      this.#problem = undefined;
      return found.length > 0 || ended || this.#directories.join('\0') !== directories;
    } catch (error) {
      if (signal.aborted) return false;
      const { message } = error instanceof Error ? error : new Error(String(error));
      if (message !== this.#problem) this.#logger.error('cannot look for databases, trying again', { error });
      this.#problem = message;
      await this.#services.clock.sleep(scanLimitMs, signal);
      return false;
    }
  }

  async #add(database: DatabaseConfig, signal: AbortSignal): Promise<void> {
    try {
      await this.#services.add(database);
      this.#logger.info('a database joined', { db: database.path });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ServiceError && error.code === 'already-there') {
        this.passOverLink(database.path);
        return;
      }
      this.#known.delete(database.path);
      this.#passedOver.set(database.path, appearance(database.path));
      const hint = error instanceof Error && 'hint' in error ? error.hint : undefined;
      this.#logger.error('cannot replicate a database that was found', { db: database.path, error, hint });
    }
  }

  /** A database that was found is another name of one that is replicated: looked at again when it changes. */
  passOverLink(path: string): void {
    this.#known.delete(path);
    this.#passOver(path, appearance(path), 'attached');
  }

  #noteMissing(present: ReadonlySet<string>): void {
    for (const path of this.#known) {
      if (present.has(path)) this.#missingSinceMs.delete(path);
      else if (!this.#missingSinceMs.has(path)) this.#missingSinceMs.set(path, this.#services.clock.monotonic());
    }
    for (const path of this.#passedOver.keys()) if (!present.has(path)) this.#passedOver.delete(path);
  }

  async #removeMissing(): Promise<boolean> {
    const now = this.#services.clock.monotonic();
    const gone = [...this.#missingSinceMs].filter(([, sinceMs]) => now - sinceMs >= absenceMs).map(([path]) => path);
    for (const path of gone) {
      this.#logger.info('a database is gone, its replication ends; its replica stays', { db: path });
      await this.#services.remove(path);
      this.#known.delete(path);
      this.#missingSinceMs.delete(path);
    }
    return gone.length > 0;
  }

  #passOver(path: string, seen: string, inspection: Inspection): void {
    const isNews = !this.#passedOver.has(path);
    this.#passedOver.set(path, seen);
    if (isNews && inspection === 'foreign') this.#logger.info('not a SQLite database, passed over', { path });
    if (isNews && inspection === 'attached')
      this.#logger.warn('another name of a database that is replicated', { path });
    if (isNews && inspection === 'unreadable') this.#logger.warn('cannot be read, passed over', { path });
  }

  async #list(): Promise<{ paths: string[]; directories: string[] }> {
    const directories: string[] = [];
    const reader: DirectoryReader = {
      kind: (path) => diskDirectoryReader.kind(path),
      list(path) {
        directories.push(path);
        return diskDirectoryReader.list(path);
      },
    };
    const paths = await findCandidates(this.#config, reader);
    return { paths, directories: directories.sort() };
  }

  /** Whether every directory is watched now. */
  #watch(): boolean {
    for (const directory of this.#directories) {
      if (this.#watches.get(directory)?.isOpen) continue;
      if (!isWatchable(directory)) return false;
      const notify = () => this.#wakeup.notify();
      const events = new DirectoryEvents({ directory, onEvent: notify, onLost: notify });
      try {
        events.open();
      } catch {
        return false; // missing, or no watch left: polled
      }
      this.#watches.set(directory, events);
    }
    return true;
  }

  #unwatch(): void {
    for (const events of this.#watches.values()) events.close();
    this.#watches.clear();
  }
}

/** What changes when a file is written or replaced. */
function appearance(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? 'missing' : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}`;
}
