import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeDirectory, syncDirectory } from '../../runtime/durable-directory.ts';
import { DurableFileError } from '../../runtime/durable-file-error.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { PendingFile } from '../../runtime/pending-file.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import { sideEndings } from '../../sqlite/side-files.ts';
import { RestoreError } from './restore-error.ts';

const temporarySuffix = /^[0-9a-f]{16}\.tmp(-wal|-shm|-journal|\.d)?$/;

/** What stands where a database is to be restored. An empty file counts as nothing. */
export type OutputState = 'free' | 'database' | 'side-files';

export async function outputState(path: string): Promise<OutputState> {
  const bytes = await sizeOf(path);
  if (bytes !== undefined && bytes > 0) return 'database';
  for (const suffix of sideEndings) if ((await sizeOf(path + suffix)) !== undefined) return 'side-files';
  return 'free';
}

/** Throws RestoreError `output-exists` unless nothing would be replaced. */
export async function requireFreeOutput(path: string): Promise<void> {
  const state = await outputState(path);
  if (state === 'free') return;
  const what =
    state === 'database' ? 'it exists' : 'files of an earlier database stand beside it (-wal, -shm or -journal)';
  throw outputExists(path, what);
}

function outputExists(path: string, state: string): RestoreError {
  return new RestoreError('output-exists', `Cannot restore to ${path}: ${state}`, {
    hint: 'Give another output path, or use -force to replace it',
  });
}

/** A restore that was killed while it published leaves its database under two names; this takes the other one away. */
export async function removeLeftoverLinks(path: string): Promise<void> {
  const { ino, nlink } = await stat(path, { bigint: true });
  if (nlink === 1n) return;
  for (const leftover of await temporaryPaths(path)) {
    if ((await lstat(leftover, { bigint: true })).ino === ino) await rm(leftover);
  }
}

export interface OutputOptions {
  readonly fileMode: number;
  /** See `PendingFileOptions`. */
  readonly isDirect: boolean;
}

/** A database under a temporary name of its own, `<path>.<16 digits>.tmp`. Ends with `publish` or `discard`. */
export class OutputFile {
  readonly path: string;
  readonly temporaryPath: string;
  readonly #file: PendingFile;

  /**
   * Makes the directory, and removes what restores to the same path have under way there. Killed ones left it behind; one
   * that still runs cannot be told from those and fails when it comes to publish.
   */
  static async begin(path: string, options: OutputOptions, durableFiles: DurableFiles): Promise<OutputFile> {
    const { fileMode, isDirect } = options;
    await makeDirectory(dirname(path));
    for (const leftover of await temporaryPaths(path)) await rm(leftover, { recursive: true, force: true });
    const temporaryPath = `${path}.${randomBytes(8).toString('hex')}.tmp`;
    const file = await durableFiles.begin('restored-database', path, { temporaryPath, mode: fileMode, isDirect });
    try {
      // The mode of a new file is cut by the umask.
      await chmod(temporaryPath, fileMode);
      return new OutputFile(file, temporaryPath);
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  private constructor(file: PendingFile, temporaryPath: string) {
    this.path = file.path;
    this.temporaryPath = temporaryPath;
    this.#file = file;
  }

  writeAt(bytes: Uint8Array, position: number): Promise<void> {
    return this.#file.writeAt(bytes, position);
  }

  /** Sets the size; bytes that nobody writes are zeros. */
  async truncate(sizeBytes: number): Promise<void> {
    await this.#file.truncate(sizeBytes);
  }

  /** Makes the bytes durable. */
  async flush(): Promise<void> {
    await this.#file.flush();
  }

  async setOwner(owner: { readonly uid: number; readonly gid: number }): Promise<void> {
    await this.#taken(chown(this.temporaryPath, owner.uid, owner.gid));
  }

  /** Puts the database under its name, where nothing but an empty file may stand. To be flushed before. */
  async publish(): Promise<void> {
    if ((await sizeOf(this.path)) === 0) return this.#taken(this.#file.replace());
    const outcome = await this.#taken(this.#file.create());
    if (outcome === 'exists') throw outputExists(this.path, 'it has appeared meanwhile');
  }

  /**
   * Puts the database under its name, whatever stands there. To be flushed before: the old database with its WAL is all
   * there is until then. Its side files go first, for they would be applied to the new one; what is in them goes into the
   * old file before, so that a process that ends in between leaves that whole.
   */
  async replace(): Promise<void> {
    if ((await outputState(this.path)) !== 'free') {
      const { settleReplaced } = await import('./settle-replaced.ts');
      settleReplaced(this.path);
      for (const suffix of sideEndings) await rm(this.path + suffix, { force: true });
      await syncDirectory(dirname(this.path));
    }
    await this.#taken(this.#file.replace());
  }

  async discard(): Promise<void> {
    await this.#file.discard();
    for (const suffix of sideEndings) await rm(this.temporaryPath + suffix, { force: true });
  }

  async #taken<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (error) {
      const isGone = systemErrorCode(error) === 'ENOENT' || error instanceof DurableFileError;
      if (!isGone) throw error;
      throw new RestoreError('output-taken', `Cannot finish ${this.path}: another restore to it has begun meanwhile`, {
        cause: error,
      });
    }
  }
}

/** What restores to a path have under way: their files, side files of those, and staging directories. */
async function temporaryPaths(path: string): Promise<string[]> {
  const prefix = `${basename(path)}.`;
  const directory = dirname(path);
  const names = await readdir(directory);
  return names
    .filter((name) => name.startsWith(prefix) && temporarySuffix.test(name.slice(prefix.length)))
    .map((name) => join(directory, name));
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
