import { closeSync, openSync, read as readCallback, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { AttachedFiles } from './attached-files.ts';
import { findDescriptor, isDescriptorOf } from './descriptors.ts';
import { type FileIdentity, identifyDescriptor, identifyFile, sameFile } from './file-identity.ts';
import {
  hasLockOn,
  locksThrough,
  readMarkCount,
  readMarkLockByte,
  sharedLockByte,
  sharedMemoryLockByte,
} from './kernel-locks.ts';
import { LiveError } from './live-error.ts';

const readAsync = promisify(readCallback);

/**
 * The three files of an attached database and the descriptors they are read through. Those of the database and the `-shm`
 * file are SQLite's: closing one of our own would drop its locks, and SQLite keeps these two open as long as any connection
 * of ours holds a lock. It does close its WAL descriptors one by one; that file carries no locks, so it is opened here.
 */
export class DatabaseFiles {
  readonly path: string;
  readonly shmDescriptor: number;
  readonly #identities: { database: FileIdentity; wal: FileIdentity; shm: FileIdentity };
  readonly #databaseDescriptor: number;
  readonly #walDescriptor: number;
  readonly #attached: AttachedFiles;
  readonly #locksAreShown: boolean;
  #closed = false;

  private constructor(
    path: string,
    identities: { database: FileIdentity; wal: FileIdentity; shm: FileIdentity },
    descriptors: { database: number; wal: number; shm: number },
    attached: AttachedFiles,
  ) {
    this.path = path;
    this.#identities = identities;
    this.#databaseDescriptor = descriptors.database;
    this.#walDescriptor = descriptors.wal;
    this.shmDescriptor = descriptors.shm;
    this.#attached = attached;
    this.#locksAreShown = this.#isDatabaseLocked();
  }

  /**
   * To be called once a connection has read from the database: SQLite's descriptors are looked for among `likely` ones first. Claims the
   * `-shm` file. Throws LiveError.
   */
  static open(path: string, database: FileIdentity, likely: readonly number[], attached: AttachedFiles): DatabaseFiles {
    const shm = identifyFile(`${path}-shm`);
    const shmDescriptor = shm && findDescriptor(shm, likely);
    const databaseDescriptor = findDescriptor(database, likely);
    if (shm === undefined || shmDescriptor === undefined || databaseDescriptor === undefined) {
      throw new LiveError('unavailable', `Cannot attach database ${path}: its files were replaced meanwhile`);
    }
    const walDescriptor = openSync(`${path}-wal`, 'r');
    const wal = identifyDescriptor(walDescriptor)!;
    try {
      attached.attach(shm, `${path}-shm`);
    } catch (error) {
      closeSync(walDescriptor);
      throw error;
    }
    const descriptors = { database: databaseDescriptor, wal: walDescriptor, shm: shmDescriptor };
    return new DatabaseFiles(path, { database, wal, shm }, descriptors, attached);
  }

  /** Reads WAL bytes; returns how many there were. */
  readWal(target: Uint8Array, position: number): number {
    this.#check();
    let done = 0;
    while (done < target.byteLength) {
      const count = readSync(this.#walDescriptor, target, done, target.byteLength - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  /** Reads bytes of the database file off the event loop; returns how many there were. Not to be closed meanwhile. */
  async readDatabase(target: Uint8Array, position: number): Promise<number> {
    this.#check();
    const descriptor = this.#databaseDescriptor;
    if (!isDescriptorOf(descriptor, this.#identities.database)) {
      throw new LiveError('unavailable', `Cannot read database ${this.path}: SQLite's descriptor is gone`);
    }
    let done = 0;
    while (done < target.byteLength) {
      const { bytesRead } = await readAsync(descriptor, target, done, target.byteLength - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  /** Whether the names still lead to these files; false after a rename over one of them or a removal. */
  areInPlace(): boolean {
    const { database, wal, shm } = this.#identities;
    return (
      sameFile(identifyFile(this.path), database) &&
      sameFile(identifyFile(`${this.path}-wal`), wal) &&
      sameFile(identifyFile(`${this.path}-shm`), shm)
    );
  }

  /** Whether the kernel has the locks an attachment relies on; undefined where it does not show them. */
  areLocked(): boolean | undefined {
    const shm = locksThrough(this.shmDescriptor);
    if (!this.#locksAreShown || shm === undefined) return undefined;
    return (
      hasLockOn(shm, readMarkLockByte, readMarkCount) &&
      hasLockOn(shm, sharedMemoryLockByte) &&
      this.#isDatabaseLocked()
    );
  }

  /** Whether a connection of this process holds a read mark other than 0; false where the kernel does not show it. */
  hasMarkAbove(): boolean {
    return hasLockOn(locksThrough(this.shmDescriptor) ?? [], readMarkLockByte + 1, readMarkCount - 1);
  }

  /** Idempotent. To be called after SQLite's connections were closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#walDescriptor);
    this.#attached.detach(this.#identities.shm);
  }

  #isDatabaseLocked(): boolean {
    return hasLockOn(locksThrough(this.#databaseDescriptor) ?? [], sharedLockByte);
  }

  #check(): void {
    if (this.#closed) throw new LiveError('unavailable', `Cannot read database ${this.path}: not attached`);
  }
}
