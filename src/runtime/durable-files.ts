import { basename, dirname, join } from 'node:path';
import { syncDirectory } from './durable-directory.ts';
import type { DurableObserver, DurablePurpose, DurableStage } from './durable-step.ts';
import { ExclusivePublisher } from './exclusive-publisher.ts';
import { type FileCalls, promptCalls } from './file-calls.ts';
import { PendingFile } from './pending-file.ts';
import type { Publisher } from './publisher.ts';
import { removeIfThere } from './remove-if-there.ts';
import { systemErrorCode } from './typed-error.ts';

export interface PendingFileOptions {
  /** Where the bytes are collected; on the same file system as the final path. Default: the final path + `.tmp`. */
  readonly temporaryPath?: string | undefined;
  /** No other process can make a file of that temporary name, so it need not be looked at whether one did. */
  readonly isTemporaryUnique?: boolean | undefined;
  /** Permission bits of the new file. Default 0600: a backup holds every secret of its database. */
  readonly mode?: number | undefined;
  /** Default: one for any directory, which finds out for this file alone whether there are hard links. */
  readonly publisher?: Publisher | undefined;
  /** Whether it is large and nobody reads it soon: it is written past the page cache then. */
  readonly isDirect?: boolean | undefined;
  /** Default: those for a disk of this machine. */
  readonly calls?: FileCalls | undefined;
}

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
    const { temporaryPath = `${path}.tmp`, publisher = new ExclusivePublisher(), calls = promptCalls } = options;
    const descriptor = await openAnew(temporaryPath, options.mode ?? 0o600, calls);
    const inode = options.isTemporaryUnique === true ? undefined : await calls.inodeOf(descriptor);
    const { isDirect = false } = options;
    const parts = { path, temporaryPath, descriptor, inode, publisher, calls, isDirect };
    return new PendingFile(parts, (stage) => this.reached(purpose, stage, path));
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
      await removeIfThere(path, promptCalls);
      this.reached(purpose, 'remove', path);
    }
    await syncDirectory(dirname(first));
  }

  /** Moves files, in their order, to another directory of the file system, then makes it durable. All lie in one directory. */
  async move(purpose: 'local-ltx', paths: readonly string[], directory: string): Promise<void> {
    const [first] = paths;
    if (first === undefined) return;
    for (const path of paths) {
      await promptCalls.rename(path, join(directory, basename(path)));
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

/** Opens a new file, in place of one that is there. */
async function openAnew(path: string, mode: number, calls: FileCalls): Promise<number> {
  try {
    return await calls.open(path, 'wx+', mode);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
  await removeIfThere(path, calls);
  return calls.open(path, 'wx+', mode);
}
