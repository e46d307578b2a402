import type { Logger } from '../../runtime/logger.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import { databaseOf } from '../../sqlite/side-files.ts';
import { type DirectoryEvent, DirectoryEvents } from './directory-events.ts';
import type { RefusedWatches } from './refused-watches.ts';

export interface Subscriber {
  /** The database whose events it wants: those of its file and of the files that SQLite keeps beside it. */
  readonly name: string;
  /** How often it is notified while the directory cannot be watched. */
  readonly pollMs: number;
  /** `rename` without a name where anything may have happened. */
  notify(event: DirectoryEvent, name: string | undefined): void;
}

/**
 * One directory, watched for all its databases together while at least one wants events. What cannot be watched, because it
 * is missing or the system has no watch left, is tried again at the polling interval; its databases are notified then.
 */
export class WatchedDirectory {
  readonly directory: string;
  readonly #logger: Logger;
  readonly #refusals: RefusedWatches;
  readonly #events: DirectoryEvents;
  readonly #active = new Set<Subscriber>();
  readonly #byName = new Map<string, readonly Subscriber[]>();
  #retry: NodeJS.Timeout | undefined;
  #retryMs = 0;
  #error: unknown;

  constructor(directory: string, { logger, refusals }: { logger: Logger; refusals: RefusedWatches }) {
    this.directory = directory;
    this.#logger = logger.child({ directory });
    this.#refusals = refusals;
    this.#events = new DirectoryEvents({
      directory,
      onEvent: (name, event) => this.#notify(name, event),
      onLost: (error) => this.#lost(error),
    });
  }

  get isIdle(): boolean {
    return this.#active.size === 0;
  }

  /** Whether the operating system's watch is open now. */
  get isOpen(): boolean {
    return this.#events.isOpen;
  }

  /** To be followed by a look: what happened before is not reported. */
  subscribe(subscriber: Subscriber): void {
    this.#active.add(subscriber);
    this.#byName.set(subscriber.name, [...(this.#byName.get(subscriber.name) ?? []), subscriber]);
    if (!this.#events.isOpen) this.#open();
  }

  unsubscribe(subscriber: Subscriber): void {
    this.#active.delete(subscriber);
    const others = this.#byName.get(subscriber.name)?.filter((other) => other !== subscriber) ?? [];
    if (others.length > 0) this.#byName.set(subscriber.name, others);
    else this.#byName.delete(subscriber.name);
    if (this.isIdle) this.#close();
  }

  /** Notices a directory that was moved away and replaced, which sends no event. */
  check(): void {
    this.#events.check();
  }

  #close(): void {
    this.#events.close();
    this.#refusals.release(this, 'closed');
    this.#stopRetrying();
  }

  #open(): void {
    try {
      this.#events.open();
    } catch (error) {
      this.#refused(error);
      return;
    }
    if (!this.#events.isOpen) return;
    if (this.#error !== undefined && isMissing(this.#error)) this.#logger.info('the directory is watched again');
    this.#refusals.release(this, 'watched');
    this.#error = undefined;
    this.#stopRetrying();
  }

  #refused(error: unknown): void {
    if (!isMissing(error)) this.#refusals.refuse(this, this.directory, error);
    else if (this.#error === undefined || !isMissing(this.#error)) {
      this.#refusals.release(this, 'closed');
      this.#logger.warn('the directory is missing, waiting for it');
    }
    this.#error = error;
    const pollMs = Math.min(...[...this.#active].map((subscriber) => subscriber.pollMs));
    if (this.#retry !== undefined && this.#retryMs === pollMs) return;
    this.#stopRetrying();
    this.#retryMs = pollMs;
    this.#retry = setInterval(() => this.#again(), pollMs);
  }

  #again(): void {
    this.#open();
    if (this.#error === undefined || !isMissing(this.#error)) this.#notify(undefined);
  }

  #lost(error: Error | undefined): void {
    if (error !== undefined) this.#refused(error);
    else this.#open();
    this.#notify(undefined);
  }

  #stopRetrying(): void {
    clearInterval(this.#retry);
    this.#retry = undefined;
  }

  #notify(name: string | undefined, event: DirectoryEvent = 'rename'): void {
    for (const subscriber of this.#wanting(name)) subscriber.notify(event, name);
  }

  #wanting(name: string | undefined): readonly Subscriber[] {
    if (name === undefined) return [...this.#active];
    const own = this.#byName.get(name);
    const ofDatabase = this.#byName.get(databaseOf(name));
    if (own === undefined || own === ofDatabase) return ofDatabase ?? [];
    return ofDatabase === undefined ? own : [...own, ...ofDatabase];
  }
}

function isMissing(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
