import { read as readCallback, readSync, realpathSync } from 'node:fs';
import { promisify } from 'node:util';
import type { WalIndexHeader } from '../format/wal/wal-index-header.ts';
import type { AttachedFiles } from './attached-files.ts';
import { Checkpointer } from './checkpointer.ts';
import { findDescriptor, isDescriptorOf, nextDescriptor } from './descriptors.ts';
import { type FileIdentity, identifyFile, sameFile } from './file-identity.ts';
import { kernelLocks, readMarkCount, readMarkLockByte, sharedLockByte, sharedMemoryLockByte } from './kernel-locks.ts';
import { LiveError } from './live-error.ts';
import { type HeldMark, ReadMark } from './read-mark.ts';
import { WalIndex } from './wal-index.ts';

const readAsync = promisify(readCallback);

/** A place in the WAL up to which frames have been copied out. */
export interface CopiedFrames {
  /** The raw first salt: it counts generations up by one as long as we are attached. */
  readonly salt1: number;
  readonly frameCount: number;
}

/**
 * One attached database: its read marks, its WAL-index, and SQLite's own descriptors on its three files, which are the only
 * ones anything here reads through (closing another one would drop the locks). Marks are given up only for frames that were
 * copied out. Single-threaded; the marks are opened read-only and closed last, so that a stop never checkpoints.
 */
export class LiveDatabase {
  /** The resolved path: SQLite names `-wal` and `-shm` after it. */
  readonly path: string;
  readonly identity: FileIdentity;
  readonly #attached: AttachedFiles;
  #walIdentity: FileIdentity | undefined;
  #descriptors: { database: number; wal: number } | undefined;
  #index: WalIndex | undefined;
  #holding: ReadMark;
  #other: ReadMark | undefined;
  #checkpointer: Checkpointer | undefined;
  #pageSizeBytes = 0;

  private constructor(path: string, identity: FileIdentity, attached: AttachedFiles) {
    this.path = path;
    this.identity = identity;
    this.#attached = attached;
    this.#holding = this.#newMark();
  }

  /**
   * Attaches a database that is in WAL mode and takes a read mark before anything else is looked at. Throws LiveError with
   * nothing left open.
   */
  static open(path: string, attached: AttachedFiles): LiveDatabase {
    const identity = identifyFile(path);
    if (identity === undefined || identity.sizeBytes === 0) {
      throw new LiveError('absent', `Cannot attach database ${path}: ${identity === undefined ? 'missing' : 'empty'}`);
    }
    attached.attach(identity, path);
    let live: LiveDatabase | undefined;
    try {
      const from = nextDescriptor();
      live = new LiveDatabase(realpathSync(path), identity, attached);
      live.#start(from);
      return live;
    } catch (error) {
      live?.close();
      attached.detach(identity);
      throw explainExclusive(path, identity, error);
    }
  }

  get walPath(): string {
    return `${this.path}-wal`;
  }

  get pageSizeBytes(): number {
    return this.#pageSizeBytes;
  }

  /** The mark held now: there always is one while the database is attached. */
  get held(): HeldMark {
    const { held } = this.#holding;
    if (held === undefined) throw new LiveError('busy', `Cannot use the read mark of ${this.path}: it was given up`);
    return held;
  }

  /** The WAL-index as it stands. */
  index(): WalIndexHeader {
    if (this.#index === undefined) throw new LiveError('unavailable', `Cannot read the WAL-index of ${this.path}: not attached`);
    return this.#index.read();
  }

  /**
   * Takes a newer mark, then gives up the present one. Refused (false) unless every frame the present mark protects has been
   * copied out. Throws LiveError, with the present mark kept.
   */
  advance(copied: CopiedFrames): boolean {
    if (!covers(copied, this.held.index)) return false;
    this.#other ??= this.#newMark();
    this.#other.take();
    this.#holding.release();
    [this.#holding, this.#other] = [this.#other, this.#holding];
    return true;
  }

  /** A mark of its own for a scan, to be closed by the caller. */
  openScanMark(): ReadMark {
    return this.#newMark();
  }

  /** The connections that checkpoint, opened on first use. */
  checkpointer(): Checkpointer {
    this.#checkpointer ??= Checkpointer.open(this.path);
    return this.#checkpointer;
  }

  /** Keeps the one read-only connection that holds the mark and closes the others. */
  rest(): void {
    this.#checkpointer?.close();
    this.#checkpointer = undefined;
    this.#other?.close();
    this.#other = undefined;
  }

  /** Reads WAL bytes; returns how many there were. */
  readWal(target: Uint8Array, position: number): number {
    const { wal } = this.#open();
    let done = 0;
    while (done < target.byteLength) {
      const count = readSync(wal, target, done, target.byteLength - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  /** Reads bytes of the database file off the event loop; returns how many there were. The attachment outlives the read. */
  async readDatabase(target: Uint8Array, position: number): Promise<number> {
    const { database } = this.#open();
    let done = 0;
    while (done < target.byteLength) {
      const { bytesRead } = await readAsync(database, target, done, target.byteLength - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  /** Whether the names still lead to the files that are attached; false after a rename over them or a removal. */
  isInPlace(): boolean {
    return sameFile(identifyFile(this.path), this.identity) && sameFile(identifyFile(this.walPath), this.#walIdentity);
  }

  /** Whether the kernel has the locks this attachment relies on; undefined where its table does not show them. */
  hasLocks(): boolean | undefined {
    const shm = identifyFile(`${this.path}-shm`);
    const all = shm === undefined ? undefined : kernelLocks(shm);
    if (shm === undefined || all === undefined) return undefined;
    const own = all.filter((lock) => lock.pid === process.pid);
    const database = (kernelLocks(this.identity) ?? []).filter((lock) => lock.pid === process.pid);
    const covers = (locks: typeof own, first: number, count: number) =>
      locks.some((lock) => lock.firstByte < first + count && lock.lastByte >= first);
    return (
      covers(own, readMarkLockByte, readMarkCount) &&
      covers(own, sharedMemoryLockByte, 1) &&
      covers(database, sharedLockByte, 1)
    );
  }

  /** Idempotent. Nothing is checkpointed: WAL, index and database stay as they are. */
  close(): void {
    this.rest();
    this.#descriptors = undefined;
    this.#index = undefined;
    this.#holding.close();
    this.#attached.detach(this.identity);
  }

  #start(from: number): void {
    this.#holding.readOnce();
    this.#pageSizeBytes = Number(this.#holding.pragma('page_size'));
    const shm = identifyFile(`${this.path}-shm`);
    this.#walIdentity = identifyFile(this.walPath);
    if (shm === undefined || this.#walIdentity === undefined) {
      throw new LiveError('not-wal', `Cannot attach database ${this.path}: it is not in WAL mode`);
    }
    const find = (file: FileIdentity) => {
      const descriptor = findDescriptor(file, from);
      if (descriptor !== undefined) return descriptor;
      throw new LiveError('unavailable', `Cannot attach database ${this.path}: SQLite's descriptors cannot be found`);
    };
    this.#descriptors = { database: find(this.identity), wal: find(this.#walIdentity) };
    this.#index = new WalIndex({ path: this.path, descriptor: find(shm) }, () => this.#repair());
    this.#holding.take();
  }

  #open(): { database: number; wal: number } {
    if (this.#descriptors === undefined || !isDescriptorOf(this.#descriptors.database, this.identity)) {
      throw new LiveError('unavailable', `Cannot read database ${this.path}: not attached`);
    }
    return this.#descriptors;
  }

  #newMark(): ReadMark {
    return new ReadMark(this.path, () => {
      if (this.#index === undefined) throw new LiveError('unavailable', `Cannot read the WAL-index of ${this.path}: not attached`);
      return this.#index;
    });
  }

  #repair(): void {
    const mark = this.#newMark();
    try {
      mark.readOnce();
    } finally {
      mark.close();
    }
  }
}

/** Whether the copied frames include all that a mark protects; a later generation includes all earlier ones. */
function covers(copied: CopiedFrames, protectedIndex: WalIndexHeader): boolean {
  const generations = (copied.salt1 - protectedIndex.salt1) | 0;
  return generations > 0 || (generations === 0 && copied.frameCount >= protectedIndex.mxFrame);
}

/** A database in EXCLUSIVE locking mode answers "busy" for ever; the kernel's table tells it from a passing lock. */
function explainExclusive(path: string, identity: FileIdentity, error: unknown): unknown {
  if (!(error instanceof LiveError) || error.code !== 'busy') return error;
  const holder = kernelLocks(identity)?.find(
    (lock) => lock.kind === 'WRITE' && lock.firstByte <= sharedLockByte && lock.lastByte >= sharedLockByte,
  );
  if (holder === undefined) return error;
  return new LiveError('exclusive', `Cannot attach database ${path}: process ${holder.pid} holds it in EXCLUSIVE locking mode`, {
    cause: error,
    hint: 'let the application use `PRAGMA locking_mode = NORMAL`; it is tried again',
  });
}
