import { basename } from 'node:path';
import { isNeverDatabase } from '../../config/database-paths.ts';
import { databaseIn, isCandidate } from '../../config/directory-databases.ts';
import type { DatabaseConfig, DirectoryConfig } from '../../config/normal-config.ts';
import { Backoff } from '../../runtime/backoff.ts';
import { hintOf } from '../../runtime/typed-error.ts';
import { Wakeup } from '../../runtime/wakeup.ts';
import { databaseOf } from '../../sqlite/side-files.ts';
import { ServiceError } from '../service-error.ts';
import type { DirectoryEvent } from '../watch/directory-events.ts';
import { DirectoryTreeWatch } from '../watch/directory-tree-watch.ts';
import type { RefusedWatches } from '../watch/refused-watches.ts';
import { BackgroundTasks } from './background-tasks.ts';
import { CandidateFiles, type CandidateFilesServices } from './candidate-files.ts';
import { DirectorySearch } from './directory-search.ts';
import { KnownDatabases } from './known-databases.ts';

/** After news, how long to wait for more; while more and more come, up to the limit. */
const lookFirstMs = 100;
const lookLimitMs = 2_000;
/** How often to look at files that are missing, or have just changed. */
const recheckMs = 750;
/** Where watches do not work the directory is read this often, or so that reading takes at most a fiftieth of the time. */
const pollMs = 2_000;
const pollShare = 50;
/** How often to look for what no event tells: moved directories, and events that the system dropped. */
const sweepMs = 60_000;

/** How many databases may join or end at a time. */
const tasksAtOnce = 16;

export interface DiscoveryServices extends CandidateFilesServices {
  readonly refusals: RefusedWatches;
  readonly add: (database: DatabaseConfig) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
}

/**
 * Finds the databases of one directory, at the start and, where asked for, while running. What happens to the files of known
 * databases costs a look at a name in memory; the directory is read as a whole at the start and when it has to be.
 */
export class Discovery {
  readonly #config: DirectoryConfig;
  readonly #services: DiscoveryServices;
  readonly #known: KnownDatabases;
  readonly #candidates: CandidateFiles;
  readonly #tree: DirectoryTreeWatch;
  readonly #search: DirectorySearch;
  readonly #wakeup: Wakeup;
  readonly #tasks = new BackgroundTasks(tasksAtOnce);
  /** The databases that are joining or ending. */
  readonly #changing = new Set<string>();
  /** Entries about which there is news. */
  readonly #news = new Set<string>();
  #isToBeRead = true;
  #hasHeard = false;
  #readMs = 0;
  #readTookMs = 0;
  #sweptMs = 0;
  #problem: string | undefined;

  constructor(config: DirectoryConfig, services: DiscoveryServices) {
    const logger = services.logger.child({ directory: config.directory });
    this.#config = config;
    this.#services = { ...services, logger };
    this.#known = new KnownDatabases(services);
    this.#candidates = new CandidateFiles(this.#services);
    this.#tree = new DirectoryTreeWatch(
      { onEntry: (path, event) => this.#hear(path, event), onDirectory: (path) => this.#note(path) },
      services,
    );
    const parts = { known: this.#known, candidates: this.#candidates, tree: this.#tree };
    this.#search = new DirectorySearch(config, { logger, ...parts });
    this.#wakeup = new Wakeup(services.clock);
  }

  /** The databases it has brought that are there. */
  get paths(): readonly string[] {
    return [...this.#known.paths];
  }

  /** The databases that are new since the last scan. Begins to watch, until `close`. */
  async scan(): Promise<DatabaseConfig[]> {
    const beganMs = this.#services.clock.monotonic();
    this.#isToBeRead = false;
    this.#hasHeard = false;
    this.#news.clear();
    const found = this.#take(await this.#search.all());
    this.#readMs = this.#services.clock.monotonic();
    this.#readTookMs = this.#readMs - beganMs;
    if (!this.#config.watch) this.close();
    return found;
  }

  /** Lets new databases join and ends those whose files stay away, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    if (!this.#config.watch) return;
    const backoff = new Backoff({ firstMs: lookFirstMs, limitMs: lookLimitMs });
    this.#sweptMs = this.#services.clock.monotonic();
    while (!signal.aborted) {
      if (await this.#update(signal)) backoff.reset();
      const beganMs = this.#services.clock.monotonic();
      const hasNews = await this.#wakeup.wait(this.#waitMs(), signal);
      if (this.#services.clock.monotonic() - beganMs > lookLimitMs) backoff.reset();
      if (hasNews) await this.#services.clock.sleep(backoff.next(), signal);
    }
    this.close();
    await this.#tasks.stop();
  }

  /** Ends the watch. Idempotent; `run` does it at its end. */
  close(): void {
    this.#tree.close();
  }

  /** A database that was found is another name of one that is replicated: looked at again when it changes. */
  passOverLink(path: string): void {
    this.#known.forget(path);
    this.#candidates.passOverLink(path);
  }

  #hear(path: string, event: DirectoryEvent): void {
    this.#hasHeard = true;
    if (this.#isNews(path, event)) this.#note(path);
  }

  /** The first lines answer for what busy databases bring about. */
  #isNews(path: string, event: DirectoryEvent): boolean {
    if (this.#known.has(path)) return event === 'rename';
    if (this.#known.has(databaseOf(path))) return false;
    if (isCandidate(this.#config, path) || this.#search.isDirectory(path)) return true;
    return event === 'rename' && this.#config.recursive && !isNeverDatabase(basename(path), 'directory');
  }

  #note(path: string): void {
    this.#news.add(path);
    this.#wakeup.notify();
  }

  /** Whether databases came or went. */
  async #update(signal: AbortSignal): Promise<boolean> {
    this.#noteWhatIsDue();
    const news = [...this.#news, ...this.#known.missingPaths, ...this.#candidates.unsettled];
    this.#news.clear();
    try {
      const found = this.#isToBeRead ? await this.scan() : this.#take(await this.#search.among(new Set(news)));
      for (const database of found) this.#begin(database.path, () => this.#add(database, signal));
      const gone = this.#known.gonePaths.filter((path) => !this.#changing.has(path));
      for (const path of gone) this.#begin(path, () => this.#remove(path, signal));
      this.#problem = undefined;
      return found.length + gone.length > 0;
    } catch (error) {
      if (signal.aborted) return false;
      const { message } = error instanceof Error ? error : new Error(String(error));
      if (message !== this.#problem) this.#services.logger.error('cannot look for databases, trying again', { error });
      this.#problem = message;
      this.#isToBeRead = true;
      await this.#services.clock.sleep(pollMs, signal);
      return false;
    }
  }

  /** The system tells nobody that it dropped events, so a directory with any is read once a minute. */
  #noteWhatIsDue(): void {
    const nowMs = this.#services.clock.monotonic();
    if (!this.#tree.isComplete && nowMs - this.#readMs >= this.#pollMs) this.#isToBeRead = true;
    if (nowMs - this.#sweptMs < sweepMs) return;
    this.#sweptMs = nowMs;
    this.#tree.check();
    if (this.#hasHeard) this.#isToBeRead = true;
  }

  #waitMs(): number {
    if (this.#isToBeRead) return 0;
    const isUnsettled = this.#known.missingPaths.length > 0 || this.#candidates.unsettled.length > 0;
    return Math.min(sweepMs, isUnsettled ? recheckMs : sweepMs, this.#tree.isComplete ? sweepMs : this.#pollMs);
  }

  get #pollMs(): number {
    return Math.max(pollMs, pollShare * this.#readTookMs);
  }

  #take(paths: readonly string[]): DatabaseConfig[] {
    for (const path of paths) this.#known.add(path);
    return paths.map((path) => databaseIn(this.#config, path));
  }

  async #add(database: DatabaseConfig, signal: AbortSignal): Promise<void> {
    const { add, logger } = this.#services;
    const { path } = database;
    try {
      await add(database);
      logger.info('a database joined', { db: path });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ServiceError && error.code === 'already-there') {
        this.passOverLink(path);
        return;
      }
      this.#known.forget(path);
      this.#candidates.passOverFailed(path);
      logger.error('cannot replicate a database that was found', { db: path, error, hint: hintOf(error) });
    } finally {
      this.#changing.delete(path);
    }
  }

  /** Its file may be there again when that has ended, or have another name. */
  async #remove(path: string, signal: AbortSignal): Promise<void> {
    const { remove, logger } = this.#services;
    logger.info('a database is gone, its replication ends; its replica stays', { db: path });
    try {
      await remove(path);
    } catch (error) {
      if (!signal.aborted) logger.error('cannot end the replication of a database', { db: path, error });
    }
    this.#known.forget(path);
    this.#changing.delete(path);
    for (const other of [path, ...this.#search.otherNames()]) this.#note(other);
  }

  /** A slow store holds up its own databases only. */
  #begin(path: string, task: () => Promise<void>): void {
    this.#changing.add(path);
    this.#tasks.add(task);
  }
}
