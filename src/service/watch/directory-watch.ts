import { basename, dirname } from 'node:path';
import type { FileChange } from '../../engine/follow/file-change.ts';
import type { Logger } from '../../runtime/logger.ts';
import { isWatchable } from '../../runtime/watchable-file-system.ts';
import type { DirectoryEvent } from './directory-events.ts';
import { linkTarget } from './link-target.ts';
import { RefusedWatches } from './refused-watches.ts';
import { type Subscriber, WatchedDirectory } from './watched-directory.ts';

export interface WatchedDatabase {
  readonly path: string;
  /** How often it is notified while its directory cannot be watched. */
  readonly pollMs: number;
  readonly notify: (change: FileChange) => void;
}

export interface DirectoryWatchServices {
  readonly logger: Logger;
  /** Shared by all watches of a process. */
  readonly refusals?: RefusedWatches | undefined;
}

/**
 * Tells databases that something happened to their files: one watch a directory, however many databases lie there. Not the
 * files are watched but their directory, because the last close deletes the WAL.
 */
export class DirectoryWatch {
  readonly #logger: Logger;
  readonly #refusals: RefusedWatches;
  readonly #directories = new Map<string, WatchedDirectory>();

  constructor({ logger, refusals = new RefusedWatches({ logger }) }: DirectoryWatchServices) {
    this.#logger = logger;
    this.#refusals = refusals;
  }

  /**
   * Begins to watch; undefined where events cannot be relied on, so that whoever asks has to poll. Where the system has no
   * watch left the database is notified at its polling interval until there is one.
   */
  add(database: WatchedDatabase): DatabaseWatch | undefined {
    if (!isWatchable(database.path)) return undefined;
    const watch = new DatabaseWatch(database, this);
    watch.resume();
    return watch;
  }

  /** How many watches of the operating system are open. */
  get openCount(): number {
    return [...this.#directories.values()].filter((directory) => directory.isOpen).length;
  }

  /** Notices directories that were moved away and replaced; to be called now and then. */
  check(): void {
    for (const directory of [...this.#directories.values()]) directory.check();
  }

  /** For DatabaseWatch. */
  subscribe(path: string, subscriber: Subscriber): WatchedDirectory {
    let directory = this.#directories.get(path);
    if (directory === undefined) {
      directory = new WatchedDirectory(path, { logger: this.#logger, refusals: this.#refusals });
      this.#directories.set(path, directory);
    }
    directory.subscribe(subscriber);
    return directory;
  }

  /** For DatabaseWatch. */
  forgetIdle(): void {
    for (const [path, directory] of this.#directories) if (directory.isIdle) this.#directories.delete(path);
  }
}

/** The watch on one database. While it is paused, by all databases of a directory, that directory is not watched at all. */
export class DatabaseWatch {
  readonly #database: WatchedDatabase;
  readonly #owner: DirectoryWatch;
  #places: readonly WatchedPlace[] | undefined;
  #leadsTo: string | undefined;

  constructor(database: WatchedDatabase, owner: DirectoryWatch) {
    this.#database = database;
    this.#owner = owner;
  }

  /** No more events: the database is polled. Idempotent. */
  pause(): void {
    for (const place of this.#places ?? []) place.leave();
    this.#places = undefined;
  }

  /** Idempotent. */
  close(): void {
    this.pause();
    this.#owner.forgetIdle();
  }

  /** Events again, and one notification, because some may have been missed. Idempotent. */
  resume(): void {
    if (this.#places !== undefined) return;
    this.#subscribe();
    this.#database.notify({ wroteDatabase: true, moved: true });
  }

  /** For WatchedPlace. A link that appears or leads elsewhere moves the watch. */
  notified(change: FileChange): void {
    if (change.moved) this.#followLink();
    this.#database.notify(change);
  }

  /** SQLite puts the WAL beside the file that a symbolic link leads to, so that directory counts too. */
  #subscribe(): void {
    const { path, pollMs } = this.#database;
    const leadsTo = linkTarget(path);
    this.#leadsTo = leadsTo === path ? path : leadsTo; // one string and not two, for each of thousands
    this.#places = [...new Set([path, this.#leadsTo ?? path])].map((place) => {
      const watched = new WatchedPlace(basename(place), pollMs, this);
      watched.enter(this.#owner, dirname(place));
      return watched;
    });
  }

  #followLink(): void {
    const leadsTo = linkTarget(this.#database.path);
    if (leadsTo === undefined || leadsTo === this.#leadsTo) return;
    this.pause();
    this.#subscribe();
  }
}

/** A name of a watched database in one directory. */
class WatchedPlace implements Subscriber {
  readonly name: string;
  readonly pollMs: number;
  readonly #watch: DatabaseWatch;
  #directory: WatchedDirectory | undefined;

  constructor(name: string, pollMs: number, watch: DatabaseWatch) {
    this.name = name;
    this.pollMs = pollMs;
    this.#watch = watch;
  }

  enter(owner: DirectoryWatch, directory: string): void {
    this.#directory = owner.subscribe(directory, this);
  }

  leave(): void {
    this.#directory?.unsubscribe(this);
    this.#directory = undefined;
  }

  notify(event: DirectoryEvent, name: string | undefined): void {
    this.#watch.notified({ wroteDatabase: name === undefined || name === this.name, moved: event === 'rename' });
  }
}
