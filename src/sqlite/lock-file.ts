import { identifyFile } from './file-identity.ts';
import { readKernelLockTable } from './kernel-locks.ts';
import { LockConnection } from './lock-connection.ts';

/** A lock between processes: an empty database held EXCLUSIVE. The kernel releases it when its process ends, however. */
export class LockFile {
  readonly path: string;
  readonly #release: () => void;
  #isReleased = false;

  constructor(path: string, release: () => void) {
    this.path = path;
    this.#release = release;
  }

  /** The process that holds the lock, where the kernel shows it: not one in another container or on another machine. */
  static holder(path: string): number | undefined {
    const identity = identifyFile(path);
    if (identity === undefined) return undefined;
    const holders = readKernelLockTable()?.locksOn(identity) ?? [];
    return holders.find((lock) => lock.kind === 'WRITE' && lock.pid > 0)?.pid;
  }

  /** Idempotent. The file stays. */
  release(): void {
    if (!this.#isReleased) this.#release();
    this.#isReleased = true;
  }
}

/** The locks of a process. Several share a connection, for thousands of databases have one each. */
export class LockFiles {
  readonly #connections = new Set<LockConnection>();

  /** Takes a lock, making its file when there is none; undefined when somebody has it. Throws LiveError. */
  acquire(path: string): LockFile | undefined {
    const connection = [...this.#connections].find(({ hasRoom }) => hasRoom) ?? new LockConnection();
    const schema = connection.lock(path);
    if (connection.isEmpty) connection.close();
    else this.#connections.add(connection);
    return schema === undefined ? undefined : new LockFile(path, () => this.#release(connection, schema));
  }

  #release(connection: LockConnection, schema: string): void {
    connection.unlock(schema);
    if (!connection.isEmpty) return;
    connection.close();
    this.#connections.delete(connection);
  }
}
