import { join } from 'node:path';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import { isWatchable } from '../../runtime/watchable-file-system.ts';
import { type DirectoryEvent, DirectoryEvents } from './directory-events.ts';
import { isBelow } from './is-below.ts';
import type { RefusedWatches } from './refused-watches.ts';

export interface DirectoryTreeOptions {
  /** Something happened to the entry of a directory. */
  readonly onEntry: (path: string, event: DirectoryEvent) => void;
  /** A directory has to be read again: it was replaced, or nobody knows which of its entries changed. */
  readonly onDirectory: (directory: string) => void;
}

/** The events of a set of directories, by one watch of the operating system for each. No file is watched or opened. */
export class DirectoryTreeWatch {
  readonly #options: DirectoryTreeOptions;
  readonly #refusals: RefusedWatches;
  readonly #watches = new Map<string, DirectoryEvents>();
  readonly #unwatched = new Set<string>();

  constructor(options: DirectoryTreeOptions, { refusals }: { readonly refusals: RefusedWatches }) {
    this.#options = options;
    this.#refusals = refusals;
  }

  /** Whether every directory that was asked for, and is there, is watched. */
  get isComplete(): boolean {
    return this.#unwatched.size === 0;
  }

  has(directory: string): boolean {
    return this.#watches.has(directory) || this.#unwatched.has(directory);
  }

  /** To be called before a directory is read, so that nothing is missed in between. Idempotent. */
  open(directory: string): void {
    if (this.#watches.has(directory)) return;
    const { onEntry, onDirectory } = this.#options;
    const events = new DirectoryEvents({
      directory,
      onEvent: (name, event) => (name === undefined ? onDirectory(directory) : onEntry(join(directory, name), event)),
      onLost: () => {
        this.#watches.delete(directory);
        this.#unwatched.add(directory);
        onDirectory(directory);
      },
    });
    this.#unwatched.add(directory);
    if (!isWatchable(directory)) return;
    try {
      events.open();
    } catch (error) {
      if (isLimit(error)) this.#refusals.refuse(this, directory, error);
      return;
    }
    if (!events.isOpen) return;
    this.#watches.set(directory, events);
    this.#unwatched.delete(directory);
    if (this.isComplete) this.#refusals.release(this, 'watched');
  }

  forget(directory: string): void {
    this.#watches.get(directory)?.close();
    this.#watches.delete(directory);
    this.#unwatched.delete(directory);
    if (this.isComplete) this.#refusals.release(this, 'watched');
  }

  /** The directories that were asked for and are `top` or lie below it. */
  below(top: string): string[] {
    return [...this.#watches.keys(), ...this.#unwatched].filter((path) => path === top || isBelow(top, path));
  }

  /** Notices directories that were moved away and replaced, which sends no event; to be called now and then. */
  check(): void {
    for (const events of [...this.#watches.values()]) events.check();
  }

  close(): void {
    for (const events of this.#watches.values()) events.close();
    this.#watches.clear();
    this.#unwatched.clear();
    this.#refusals.release(this, 'closed');
  }
}

/** No watch, no inotify instance, no descriptor or no memory left. */
function isLimit(error: unknown): boolean {
  return ['ENOSPC', 'EMFILE', 'ENFILE', 'ENOMEM'].includes(systemErrorCode(error) ?? '');
}
