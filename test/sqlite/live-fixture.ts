import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { AttachedFiles } from '../../src/sqlite/attached-files.ts';
import { identifyFile } from '../../src/sqlite/file-identity.ts';
import { type KernelLock, readKernelLockTable } from '../../src/sqlite/kernel-locks.ts';
import { LiveDatabase } from '../../src/sqlite/live-database.ts';
import { Application } from './application.ts';

/** A database of one table in a directory of its own, its application, and what is attached to it. */
export interface LiveFixture {
  readonly path: string;
  readonly application: Application;
  readonly attached: AttachedFiles;
  attach(): LiveDatabase;
  start(options?: { timeoutMs?: number }): Application;
}

export function makeDirectory(test: TestContext): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'live-')));
  test.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function liveFixture(test: TestContext, setup: readonly string[] = []): Promise<LiveFixture> {
  const path = join(makeDirectory(test), 'app.db');
  const attached = new AttachedFiles();
  const start = (options = {}) => {
    const application = new Application(path, options);
    test.after(() => application.kill());
    return application;
  };
  const application = start();
  await application.run(...setup, 'pragma journal_mode = wal', 'pragma wal_autocheckpoint = 0', 'create table t (x)');
  const attach = () => {
    const live = LiveDatabase.open(path, attached);
    test.after(() => live.close());
    return live;
  };
  return { path, application, attached, attach, start };
}

/** Moves the marks on as if everything in the WAL had been copied. */
export function advanceToEnd(live: LiveDatabase): boolean {
  const { salt1, mxFrame } = live.index();
  return live.advance({ salt1, frameCount: mxFrame });
}

/** The locks of one process on a database and its `-shm` file, as the kernel has them. */
export function locksOf(path: string, pid = process.pid): { database: KernelLock[]; shm: KernelLock[] } {
  const table = readKernelLockTable()!;
  const of = (name: string) => table.locksOn(identifyFile(name)!).filter((lock) => lock.pid === pid);
  return { database: of(path), shm: of(`${path}-shm`) };
}

/** The read marks (0 to 4) that a process holds. */
export function marksOf(path: string, pid = process.pid): number[] {
  return locksOf(path, pid)
    .shm.flatMap(({ firstByte, lastByte }) =>
      [0, 1, 2, 3, 4].filter((i) => firstByte <= 123 + i && 123 + i <= lastByte),
    )
    .sort();
}

/** Digests of the files of a database, by another process: closing one of them in this process would drop its locks. */
export function digests(path: string): string {
  const names = ['', '-wal', '-shm'].map((suffix) => path + suffix).filter((name) => existsSync(name));
  return execFileSync('sha256sum', names, { encoding: 'utf8' });
}

/** How many descriptors of this process are open on a database's files. */
export function descriptorCount(path: string): number {
  return readdirSync('/proc/self/fd').filter((name) => linkTarget(`/proc/self/fd/${name}`).startsWith(path)).length;
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
