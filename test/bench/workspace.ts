import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../support/project-root.ts';
import { runPython } from './python-program.ts';

const cacheFolder = join(projectRoot, '.cache/bench');

/** Databases that are kept between runs, and folders that are not, all on one file system. */
export class Workspace implements Disposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<Workspace> {
    mkdirSync(cacheFolder, { recursive: true });
    return new Workspace(await mkdtemp(join(cacheFolder, 'run-')));
  }

  /** An empty folder, to be removed by `remove` as soon as its round is over, or left to `dispose` when it holds many files. */
  folder(): Promise<string> {
    return mkdtemp(join(this.#folder, 'round-'));
  }

  /**
   * Not for thousands of files: for five minutes after them ext4 looks through the inodes of deleted files whenever one is
   * created, which was a fifth of what the next fleet seemed to cost.
   */
  async remove(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
  }

  /** A fresh copy of a generated database, as a file of its own: a program may write to it. */
  async database(megabytes: number, folder: string): Promise<string> {
    const path = join(folder, 'app.db');
    await copyFile(await generated(megabytes), path);
    await flush(path);
    return path;
  }

  /** Fresh copies of one database in an empty folder; their paths. */
  async databases(count: number, megabytes: number, folder: string): Promise<string[]> {
    const source = await generated(megabytes);
    const paths = Array.from({ length: count }, (_, index) => join(folder, `app${String(index).padStart(5, '0')}.db`));
    for (const path of paths) await copyFile(source, path);
    // One flush of the file system takes less than one of each file.
    await promisify(execFile)('sync', ['-f', folder]);
    return paths;
  }

  /** Idempotent; synchronous, so that an exit can wait for it. */
  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The size of a database in bytes. */
export async function sizeBytesOf(path: string): Promise<number> {
  return (await stat(path)).size;
}

/** Makes a database of that size unless the same program has made it before. */
async function generated(megabytes: number): Promise<string> {
  const source = readFileSync(join(projectRoot, 'test/bench/python/make_database.py'));
  const path = join(
    cacheFolder,
    `orders-${megabytes}-${createHash('sha256').update(source).digest('hex').slice(0, 8)}.db`,
  );
  if (await exists(path)) return path;
  const folder = await mkdtemp(join(cacheFolder, 'make-'));
  try {
    await mkdir(folder, { recursive: true });
    await runPython('make_database', [join(folder, 'app.db'), String(megabytes)]);
    await rename(join(folder, 'app.db'), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return path;
}

/** What is still to be written back must not fall into the time of whoever is measured next. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
