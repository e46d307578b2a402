import type { Clock } from '../../runtime/clock.ts';
import { identifyFile } from '../../sqlite/file-identity.ts';

/** How long a database's file has to be missing until its replication ends: it may be being replaced. */
const absenceMs = 3_000;

/** The databases of a directory that are replicated, and which of them are missing. */
export class KnownDatabases {
  readonly #clock: Clock;
  readonly #identities = new Map<string, string | undefined>();
  readonly #missingSinceMs = new Map<string, number>();

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  has(path: string): boolean {
    return this.#identities.has(path);
  }

  /** Its file is there. Also to be called when the file was replaced. */
  add(path: string): void {
    this.#identities.set(path, identityOf(path));
    this.#missingSinceMs.delete(path);
  }

  /** Its name has been seen. */
  present(path: string): void {
    this.#missingSinceMs.delete(path);
  }

  missing(path: string): void {
    if (!this.#missingSinceMs.has(path)) this.#missingSinceMs.set(path, this.#clock.monotonic());
  }

  forget(path: string): void {
    this.#identities.delete(path);
    this.#missingSinceMs.delete(path);
  }

  get paths(): Iterable<string> {
    return this.#identities.keys();
  }

  get missingPaths(): string[] {
    return [...this.#missingSinceMs.keys()];
  }

  /** Those that have been missing for so long that they are not coming back. */
  get gonePaths(): string[] {
    const nowMs = this.#clock.monotonic();
    return [...this.#missingSinceMs].filter(([, sinceMs]) => nowMs - sinceMs >= absenceMs).map(([path]) => path);
  }

  /** Files that are missing elsewhere: they are replicated under their old names until that has ended. */
  movedAmong(paths: readonly string[]): Set<string> {
    const missing = new Set(this.missingPaths.map((path) => this.#identities.get(path)));
    missing.delete(undefined);
    return new Set(missing.size === 0 ? [] : paths.filter((path) => missing.has(identityOf(path))));
  }
}

function identityOf(path: string): string | undefined {
  try {
    const identity = identifyFile(path);
    return identity && `${identity.device}:${identity.inode}`;
  } catch {
    return undefined; // not to be seen from here: then it cannot be told from others
  }
}
