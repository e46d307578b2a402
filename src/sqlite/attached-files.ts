import { closeSync, openSync, readSync } from 'node:fs';
import { type FileIdentity, identifyDescriptor, identifyFile } from './file-identity.ts';
import { LiveError } from './live-error.ts';

/**
 * The files this process holds SQLite locks on: databases and their `-shm` files. POSIX locks belong to the process, and
 * closing any descriptor of such a file drops them all, silently; so whoever wants to open a file that may be a database
 * asks here first. One instance a process (test/sqlite/locks-kept.test.ts shows the lock table before and after).
 */
export class AttachedFiles {
  readonly #paths = new Map<string, string>();

  /** Claims a file for one attachment. Throws LiveError `attached`. */
  attach(identity: FileIdentity, path: string): void {
    const other = this.#paths.get(key(identity));
    if (other !== undefined) throw alreadyAttached('attach database', path, other);
    this.#paths.set(key(identity), path);
  }

  detach(identity: FileIdentity): void {
    this.#paths.delete(key(identity));
  }

  isAttached(identity: FileIdentity): boolean {
    return this.#paths.has(key(identity));
  }

  /**
   * Reads the first bytes of a file: at most `length`, fewer when it is shorter. Undefined when there is none, or something
   * else than a file. Throws LiveError `attached`, or what the system says.
   */
  readStart(path: string, length: number): Uint8Array | undefined {
    const identity = identifyFile(path);
    if (identity === undefined || !identity.isFile) return undefined;
    this.#refuseAttached(identity, path);
    const descriptor = openSync(path, 'r');
    const opened = identifyDescriptor(descriptor);
    // The name may have come to lead to an attached file since: that descriptor stays open for good.
    if (opened !== undefined) this.#refuseAttached(opened, path);
    try {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, 0));
    } finally {
      closeSync(descriptor);
    }
  }

  #refuseAttached(identity: FileIdentity, path: string): void {
    const other = this.#paths.get(key(identity));
    if (other !== undefined) throw alreadyAttached('read', path, other);
  }
}

function alreadyAttached(act: string, path: string, other: string): LiveError {
  return new LiveError('attached', `Cannot ${act} ${path}: the same file is attached as ${other}`, {
    hint: 'name each database once, and not through links',
  });
}

function key(identity: FileIdentity): string {
  return `${identity.device}:${identity.inode}`;
}
