import { closeSync, openSync, readSync } from 'node:fs';
import { type FileIdentity, identifyFile } from './file-identity.ts';
import { LiveError } from './live-error.ts';

/**
 * The database files this process holds SQLite locks on. POSIX locks belong to the process, and closing any descriptor of
 * such a file drops them all, silently; so whoever wants to open a file that may be a database asks here first. One
 * instance a process (test/sqlite/kernel-locks.test.ts shows the lock table before and after).
 */
export class AttachedFiles {
  readonly #paths = new Map<string, string>();

  /** Claims a file for one attachment. */
  attach(identity: FileIdentity, path: string): void {
    const other = this.#paths.get(key(identity));
    if (other !== undefined) {
      throw new LiveError('attached', `Cannot attach database ${path}: the same file is attached as ${other}`, {
        hint: 'name each database once, and not through links',
      });
    }
    this.#paths.set(key(identity), path);
  }

  detach(identity: FileIdentity): void {
    this.#paths.delete(key(identity));
  }

  isAttached(identity: FileIdentity): boolean {
    return this.#paths.has(key(identity));
  }

  /**
   * Reads the first bytes of a file that is not attached: at most `length`, fewer when it is shorter. Undefined when the
   * file is missing or attached.
   */
  readStart(path: string, length: number): Uint8Array | undefined {
    const identity = identifyFile(path);
    if (identity === undefined || this.isAttached(identity)) return undefined;
    const descriptor = openSync(path, 'r');
    try {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, 0));
    } finally {
      closeSync(descriptor);
    }
  }
}

function key(identity: FileIdentity): string {
  return `${identity.device}:${identity.inode}`;
}
