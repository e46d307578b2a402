import { dirname } from 'node:path';
import { CollectedBytes } from './collected-bytes.ts';
import { DirectWrites } from './direct-writes.ts';
import { syncDirectory } from './durable-directory.ts';
import { DurableFileError } from './durable-file-error.ts';
import type { DurableStage } from './durable-step.ts';
import type { FileCalls } from './file-calls.ts';
import type { CreateOutcome, Publisher } from './publisher.ts';
import { removeIfThere } from './remove-if-there.ts';
import { systemErrorCode } from './typed-error.ts';

/** The disk begins with a large file after so many bytes, so that little is left for the fsync at its end. */
const flushAheadBytes = 64 << 20;
/** Files up to this size are collected in memory and written by one call. */
const collectedBytes = 64 * 1024;

export interface PendingFileParts {
  readonly path: string;
  readonly temporaryPath: string;
  readonly descriptor: number;
  /** Undefined where nobody else can have begun a file of the temporary name. */
  readonly inode: bigint | undefined;
  readonly publisher: Publisher;
  readonly calls: FileCalls;
  /** Past the page cache, as far as possible. */
  readonly isDirect: boolean;
}

/** A file under its temporary name. Ends with exactly one of `replace`, `create` or `discard`. */
export class PendingFile {
  readonly path: string;
  readonly #parts: PendingFileParts;
  readonly #reached: (stage: DurableStage) => void;
  /** The bytes so far, as long as they are few and nothing was written to the file. */
  #collected: CollectedBytes | undefined = new CollectedBytes(collectedBytes);
  #positionBytes = 0;
  #isWritten = false;
  #isOpen = true;
  #unflushedBytes = 0;
  #flushing: Promise<void> = Promise.resolve();
  readonly #direct: DirectWrites | undefined;

  constructor(parts: PendingFileParts, reached: (stage: DurableStage) => void) {
    this.path = parts.path;
    this.#parts = parts;
    this.#reached = reached;
    if (parts.isDirect) this.#direct = new DirectWrites(parts.temporaryPath, parts.calls);
  }

  /** Where the next `append` goes. */
  get positionBytes(): number {
    return this.#positionBytes;
  }

  /** All bytes of the file, where they are so few that they were collected in memory. */
  get content(): Uint8Array | undefined {
    return this.#collected?.content;
  }

  /** Writes a whole small file at once, and gives it its modification time; the bytes are not to be changed any more. */
  async fill(bytes: Uint8Array, timeMs: number): Promise<void> {
    this.#collected = CollectedBytes.of(bytes);
    this.#positionBytes = bytes.byteLength;
    await this.setModified(timeMs);
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.writeAt(bytes, this.#positionBytes);
    this.#positionBytes += bytes.byteLength;
  }

  async writeAt(bytes: Uint8Array, position: number): Promise<void> {
    if (!this.#isWritten && this.#collected?.put(bytes, position)) return;
    await this.#spill();
    const done = (await this.#direct?.write(bytes, position)) ?? 0;
    if (done === bytes.byteLength) return;
    await this.#parts.calls.write(this.#parts.descriptor, bytes.subarray(done), position + done);
    this.#unflushedBytes += bytes.byteLength - done;
    if (this.#unflushedBytes >= flushAheadBytes) await this.#flushAhead();
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#spill();
    await this.#parts.calls.truncate(this.#parts.descriptor, sizeBytes);
  }

  /** Gives the file a modification time; kept by the publish. */
  async setModified(timeMs: number): Promise<void> {
    await this.#write();
    await this.#parts.calls.setModified(this.#parts.descriptor, timeMs);
  }

  /** Makes the bytes written so far durable, so that publishing them takes no time later. */
  async flush(): Promise<void> {
    await this.#spill();
    await this.#flushing;
    await this.#parts.calls.sync(this.#parts.descriptor);
  }

  /** Makes the bytes durable and publishes them, replacing what stands under the final name. */
  async replace(): Promise<void> {
    await this.#sync();
    await this.#parts.calls.rename(this.#parts.temporaryPath, this.path);
    await this.#published();
  }

  /**
   * Makes the bytes durable and publishes them unless the final name is taken. The name is durable in either case: the
   * one who made it may have been stopped before that.
   */
  async create(): Promise<CreateOutcome> {
    await this.#sync();
    const outcome = await this.#publish();
    if (outcome === 'created') await this.#published();
    else await syncDirectory(dirname(this.path), this.#parts.calls);
    return outcome;
  }

  /** Gives the file up and removes it, but not one that somebody else has begun. May follow a failed publish. */
  async discard(): Promise<void> {
    const isOurs = await this.#isOurs();
    await this.#flushing.catch(() => {});
    await this.#close().catch(() => {});
    if (isOurs) await this.#remove();
  }

  /** Goes over to writing to the file. */
  async #spill(): Promise<void> {
    await this.#write();
    this.#collected = undefined;
  }

  async #write(): Promise<void> {
    if (this.content === undefined || this.#isWritten) return;
    this.#isWritten = true;
    await this.#parts.calls.write(this.#parts.descriptor, this.content, 0);
  }

  async #publish(): Promise<CreateOutcome> {
    const { publisher, temporaryPath, calls } = this.#parts;
    try {
      return await publisher.publish(temporaryPath, this.path, calls);
    } catch (error) {
      await this.#remove().catch(() => {});
      throw error;
    }
  }

  /** Goes on beside later writes. Its failure is met by the next one or by `#sync`: the kernel tells of it only once. */
  async #flushAhead(): Promise<void> {
    this.#unflushedBytes = 0;
    await this.#flushing;
    this.#flushing = this.#parts.calls.syncData(this.#parts.descriptor);
    this.#flushing.catch(() => {});
  }

  async #sync(): Promise<void> {
    await this.#write();
    this.#reached('write');
    await this.#flushing;
    await this.#parts.calls.sync(this.#parts.descriptor);
    this.#reached('sync');
    const isOurs = await this.#isOurs();
    await this.#close();
    if (!isOurs) {
      const state = `${this.#parts.temporaryPath} was begun anew by somebody else`;
      throw new DurableFileError('temporary-taken', `Cannot finish ${this.path}: ${state}`);
    }
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#direct?.close();
    await this.#parts.calls.close(this.#parts.descriptor);
  }

  async #remove(): Promise<void> {
    await removeIfThere(this.#parts.temporaryPath, this.#parts.calls);
  }

  /** Whether the temporary name still stands for this file. */
  async #isOurs(): Promise<boolean> {
    const { calls, temporaryPath, inode } = this.#parts;
    if (inode === undefined) return true;
    try {
      return (await calls.inodeAt(temporaryPath)) === inode;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async #published(): Promise<void> {
    this.#reached('publish');
    await syncDirectory(dirname(this.path), this.#parts.calls);
    this.#reached('sync-directory');
  }
}
