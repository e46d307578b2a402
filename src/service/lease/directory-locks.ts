import { join } from 'node:path';
import { makeDirectory } from '../../runtime/durable-directory.ts';
import { LockFile } from '../../sqlite/lock-file.ts';

interface HeldDirectory {
  readonly file: LockFile;
  userCount: number;
}

/** The local locks of what several databases of a process share, each held as long as one of them needs it. */
export class DirectoryLocks {
  readonly #held = new Map<string, HeldDirectory>();

  /** Whether the lock is held now; it is not when another process has it. To be given back with `release` if it is. */
  async hold(path: string): Promise<boolean> {
    await makeDirectory(path);
    let held = this.#held.get(path);
    if (held === undefined) {
      const file = LockFile.acquire(join(path, 'lock.db'));
      if (file === undefined) return false;
      held = { file, userCount: 0 };
      this.#held.set(path, held);
    }
    held.userCount += 1;
    return true;
  }

  release(path: string): void {
    const held = this.#held.get(path);
    if (held === undefined) return;
    held.userCount -= 1;
    if (held.userCount > 0) return;
    held.file.release();
    this.#held.delete(path);
  }
}
