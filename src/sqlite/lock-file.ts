import Database from 'better-sqlite3';
import { type Connection, isBusy, liveError } from './connection.ts';
import { identifyFile } from './file-identity.ts';
import { readKernelLockTable } from './kernel-locks.ts';

/** A lock between processes: an empty database held EXCLUSIVE. The kernel releases it when its process ends, however. */
export class LockFile {
  readonly path: string;
  readonly #connection: Connection;

  private constructor(path: string, connection: Connection) {
    this.path = path;
    this.#connection = connection;
  }

  /** Takes the lock, making the file when there is none; undefined when somebody has it. Throws LiveError. */
  static acquire(path: string): LockFile | undefined {
    let connection: Connection | undefined;
    try {
      connection = new Database(path, { timeout: 0 });
      connection.exec('pragma journal_mode = memory; pragma cache_size = 0; begin exclusive'); // nothing is read or written
      return new LockFile(path, connection);
    } catch (error) {
      connection?.close();
      if (isBusy(error)) return undefined;
      throw liveError('lock', path, error);
    }
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
    this.#connection.close();
  }
}
