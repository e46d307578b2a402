import { chmod, chown, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DurableFiles, makeDirectory, type PendingFile, syncDirectory } from '../../runtime/durable-files.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import { RestoreError } from './restore-error.ts';

const sideFiles = ['-wal', '-shm', '-journal'];

/** What stands where a database is to be restored. An empty file counts as nothing. */
export type OutputState = 'free' | 'database' | 'side-files';

export async function outputState(path: string): Promise<OutputState> {
  const bytes = await sizeOf(path);
  if (bytes !== undefined && bytes > 0) return 'database';
  for (const suffix of sideFiles) if ((await sizeOf(path + suffix)) !== undefined) return 'side-files';
  return 'free';
}

/** Throws RestoreError `output-exists` unless nothing would be replaced. */
export async function requireFreeOutput(path: string): Promise<void> {
  const state = await outputState(path);
  if (state === 'free') return;
  const what =
    state === 'database' ? 'it exists' : 'files of an earlier database stand beside it (-wal, -shm or -journal)';
  throw new RestoreError('output-exists', `Cannot restore to ${path}: ${what}`, {
    hint: 'Give another output path, or use -force to replace it',
  });
}

/** A database under its temporary name, `<path>.tmp`. Ends with `publish` or `discard`. */
export class OutputFile {
  readonly path: string;
  readonly temporaryPath: string;
  readonly #file: PendingFile;
  readonly #inode: bigint;

  /** Makes the directory, and removes what a killed restore left behind. */
  static async begin(path: string, fileMode: number, durableFiles: DurableFiles): Promise<OutputFile> {
    const temporaryPath = `${path}.tmp`;
    await makeDirectory(dirname(path));
    await removeAll(temporaryPath);
    const file = await durableFiles.begin('restored-database', path, { temporaryPath, mode: fileMode });
    try {
      // The mode of a new file is cut by the umask.
      await chmod(temporaryPath, fileMode);
      const { ino } = await stat(temporaryPath, { bigint: true });
      return new OutputFile(file, temporaryPath, ino);
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  private constructor(file: PendingFile, temporaryPath: string, inode: bigint) {
    this.path = file.path;
    this.temporaryPath = temporaryPath;
    this.#file = file;
    this.#inode = inode;
  }

  writeAt(bytes: Uint8Array, position: number): Promise<void> {
    return this.#file.writeAt(bytes, position);
  }

  /** Sets the size; bytes that nobody writes are zeros. */
  async truncate(sizeBytes: number): Promise<void> {
    await this.#file.truncate(sizeBytes);
  }

  async setOwner(owner: { readonly uid: number; readonly gid: number }): Promise<void> {
    await chown(this.temporaryPath, owner.uid, owner.gid);
  }

  /** Puts the database under its name. Side files of an old database go first: they would be applied to the new one. */
  async publish(): Promise<void> {
    const there = await stat(this.temporaryPath, { bigint: true }).catch(() => undefined);
    if (there?.ino !== this.#inode) {
      throw new RestoreError(
        'output-taken',
        `Cannot finish ${this.path}: another restore writes to ${this.temporaryPath}`,
      );
    }
    if ((await outputState(this.path)) !== 'free') await this.#removeSideFiles();
    await this.#file.replace();
  }

  /** The new database is made durable first: until then the old one with its WAL is all there is. */
  async #removeSideFiles(): Promise<void> {
    const handle = await open(this.temporaryPath, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    for (const suffix of sideFiles) await rm(this.path + suffix, { force: true });
    await syncDirectory(dirname(this.path));
  }

  async discard(): Promise<void> {
    await this.#file.discard();
    await removeAll(this.temporaryPath);
  }
}

async function removeAll(path: string): Promise<void> {
  for (const suffix of ['', ...sideFiles]) await rm(path + suffix, { force: true });
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
