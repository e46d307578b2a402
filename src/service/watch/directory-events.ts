import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename } from 'node:path';

/** `rename`: an entry came, went or was replaced; `change`: what it stands for was written or has other attributes. */
export type DirectoryEvent = 'rename' | 'change';

export interface DirectoryEventsOptions {
  readonly directory: string;
  /** Something happened to the entry of this name; undefined: to any of them. */
  readonly onEvent: (name: string | undefined, event: DirectoryEvent) => void;
  /** The directory was removed or replaced, or can no longer be watched; the watch is closed. */
  readonly onLost: (error: Error | undefined) => void;
}

/** The file events of one directory, by one watch of the operating system. No file is opened. */
export class DirectoryEvents {
  readonly #options: DirectoryEventsOptions;
  #watcher: FSWatcher | undefined;
  #identity: string | undefined;

  constructor(options: DirectoryEventsOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#watcher !== undefined;
  }

  /** Throws what the system says: no such directory, no watch left, no descriptor left. */
  open(): void {
    if (this.#watcher !== undefined) return;
    const { directory, onEvent } = this.#options;
    this.#identity = identityOf(directory);
    const watcher = watch(directory, (type, name) => {
      if (this.#watcher !== watcher) return;
      // A directory's own end comes as a rename of its own name.
      if (type === 'rename' && (name === null || name === basename(directory)) && !this.check()) return;
      onEvent(name ?? undefined, type);
    });
    watcher.on('error', (error) => this.#lose(error));
    this.#watcher = watcher;
    this.check();
  }

  /** Whether the watch is on what now has the directory's name. A moved directory sends no event, so ask now and then. */
  check(): boolean {
    if (this.#watcher === undefined) return false;
    if (currentIdentity(this.#options.directory) === this.#identity) return true;
    this.#lose(undefined);
    return false;
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #lose(error: Error | undefined): void {
    if (this.#watcher === undefined) return;
    this.close();
    this.#options.onLost(error);
  }
}

/** Throws ENOTDIR for a file, which could be watched too. */
function identityOf(directory: string): string {
  const { dev, ino } = statSync(`${directory}/.`, { bigint: true });
  return `${dev}:${ino}`;
}

function currentIdentity(directory: string): string | undefined {
  try {
    return identityOf(directory);
  } catch {
    return undefined;
  }
}
