import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DurableFileError } from './durable-file-error.ts';
import type { DurableObserver, DurablePurpose, DurableStage } from './durable-step.ts';
import { type CreateOutcome, ExclusivePublisher } from './exclusive-publisher.ts';
import { systemErrorCode } from './typed-error.ts';

export interface PendingFileOptions {
  /** Where the bytes are collected; on the same file system as the final path. Default: the final path + `.tmp`. */
  readonly temporaryPath?: string | undefined;
  /** Permission bits of the new file. Default 0600: a backup holds every secret of its database. */
  readonly mode?: number | undefined;
  /** Remembers whether the file system has hard links. Default: found out for this file alone. */
  readonly publisher?: ExclusivePublisher | undefined;
}

/** The disk begins with a large file after so many bytes, so that little is left for the fsync at its end. */
const flushAheadBytes = 64 << 20;

/**
 * The only way this program makes files that must survive a power cut: write to a temporary name, fsync, publish under
 * the final name, fsync the directory. Each stage is reported to the observer, which tests use to stop the process there.
 */
export class DurableFiles {
  readonly #observe: DurableObserver | undefined;

  constructor(observe?: DurableObserver) {
    this.#observe = observe;
  }

  /**
   * Starts a file that nobody sees before it is published. Replaces what lies under the temporary name: a leftover, or the
   * same file begun by somebody else, who then fails to publish.
   */
  async begin(purpose: DurablePurpose, path: string, options: PendingFileOptions = {}): Promise<PendingFile> {
    const temporaryPath = options.temporaryPath ?? `${path}.tmp`;
    await rm(temporaryPath, { force: true });
    const handle = await open(temporaryPath, 'wx+', options.mode ?? 0o600);
    const publisher = options.publisher ?? new ExclusivePublisher();
    const { ino: inode } = await handle.stat({ bigint: true });
    const file = { path, temporaryPath, handle, inode, publisher };
    return new PendingFile(file, (stage) => this.reached(purpose, stage, path));
  }

  /** Writes a whole small file, replacing the one under `path`. */
  async replace(purpose: DurablePurpose, path: string, bytes: Uint8Array, options?: PendingFileOptions): Promise<void> {
    const file = await this.begin(purpose, path, options);
    try {
      await file.append(bytes);
      await file.replace();
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  /** Removes files, then makes their absence durable. Missing files are no error. All lie in one directory. */
  async remove(purpose: 'local-ltx' | 'attempted-mark', paths: readonly string[]): Promise<void> {
    const [first] = paths;
    if (first === undefined) return;
    for (const path of paths) {
      await rm(path, { force: true });
      this.reached(purpose, 'remove', path);
    }
    await syncDirectory(dirname(first));
  }

  /** Moves files, in their order, to another directory of the file system, then makes it durable. All lie in one directory. */
  async move(purpose: 'local-ltx', paths: readonly string[], directory: string): Promise<void> {
    const [first] = paths;
    if (first === undefined) return;
    for (const path of paths) {
      await rename(path, join(directory, basename(path)));
      this.reached(purpose, 'move', path);
    }
    await syncDirectory(directory);
    await syncDirectory(dirname(first));
  }

  /** Reports a step made by other means than this class, such as a write in place. */
  reached(purpose: DurablePurpose, stage: DurableStage, path: string): void {
    this.#observe?.(`${purpose}.${stage}`, path);
  }
}

/** A file under its temporary name. Ends with exactly one of `replace`, `create` or `discard`. */
export class PendingFile {
  readonly path: string;
  readonly #temporaryPath: string;
  readonly #handle: FileHandle;
  readonly #inode: bigint;
  readonly #publisher: ExclusivePublisher;
  readonly #reached: (stage: DurableStage) => void;
  #positionBytes = 0;
  #unflushedBytes = 0;
  #flushing: Promise<void> = Promise.resolve();

  constructor(
    file: { path: string; temporaryPath: string; handle: FileHandle; inode: bigint; publisher: ExclusivePublisher },
    reached: (stage: DurableStage) => void,
  ) {
    this.path = file.path;
    this.#temporaryPath = file.temporaryPath;
    this.#handle = file.handle;
    this.#inode = file.inode;
    this.#publisher = file.publisher;
    this.#reached = reached;
  }

  /** Where the next `append` goes. */
  get positionBytes(): number {
    return this.#positionBytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.writeAt(bytes, this.#positionBytes);
    this.#positionBytes += bytes.byteLength;
  }

  async writeAt(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.byteLength - done, position + done);
      done += bytesWritten;
    }
    this.#unflushedBytes += bytes.byteLength;
    if (this.#unflushedBytes >= flushAheadBytes) await this.#flushAhead();
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#handle.truncate(sizeBytes);
  }

  /**
   * Gives the file a modification time; kept by the publish. Node hands the time on as a floating-point number and may
   * cut it to whole microseconds: half of one more keeps the millisecond from becoming the one before.
   */
  async setModified(timeMs: number): Promise<void> {
    const seconds = (timeMs + 0.0005) / 1000;
    await this.#handle.utimes(seconds, seconds);
  }

  /** Makes the bytes written so far durable, so that publishing them takes no time later. */
  async flush(): Promise<void> {
    await this.#flushing;
    await this.#handle.sync();
  }

  /** Makes the bytes durable and publishes them, replacing what stands under the final name. */
  async replace(): Promise<void> {
    await this.#sync();
    await rename(this.#temporaryPath, this.path);
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
    else await syncDirectory(dirname(this.path));
    return outcome;
  }

  /** Gives the file up and removes it, but not one that somebody else has begun. May follow a failed publish. */
  async discard(): Promise<void> {
    const isOurs = await this.#isOurs();
    await this.#flushing.catch(() => {});
    await this.#handle.close().catch(() => {});
    if (isOurs) await rm(this.#temporaryPath, { force: true });
  }

  async #publish(): Promise<CreateOutcome> {
    try {
      return await this.#publisher.publish(this.#temporaryPath, this.path);
    } catch (error) {
      await rm(this.#temporaryPath, { force: true }).catch(() => {});
      throw error;
    }
  }

  /** Goes on beside later writes. Its failure is met by the next one or by `#sync`: the kernel tells of it only once. */
  async #flushAhead(): Promise<void> {
    this.#unflushedBytes = 0;
    await this.#flushing;
    this.#flushing = this.#handle.datasync();
    this.#flushing.catch(() => {});
  }

  async #sync(): Promise<void> {
    this.#reached('write');
    await this.#flushing;
    await this.#handle.sync();
    this.#reached('sync');
    const isOurs = await this.#isOurs();
    await this.#handle.close();
    if (!isOurs) {
      const state = `${this.#temporaryPath} was begun anew by somebody else`;
      throw new DurableFileError('temporary-taken', `Cannot finish ${this.path}: ${state}`);
    }
  }

  /** Whether the temporary name still stands for this file. */
  async #isOurs(): Promise<boolean> {
    try {
      return (await lstat(this.#temporaryPath, { bigint: true })).ino === this.#inode;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async #published(): Promise<void> {
    this.#reached('publish');
    await syncDirectory(dirname(this.path));
    this.#reached('sync-directory');
  }
}

/** Makes names that were created, renamed or removed in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Creates a directory and its parents, 0700, and makes the new names durable. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncDirectory(dirname(at));
}
