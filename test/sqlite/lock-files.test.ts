import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LockFile, LockFiles } from '../../src/sqlite/lock-file.ts';
import { makeDirectory } from './live-fixture.ts';

/** Whether another process gets the lock. */
function isFree(path: string): boolean {
  const program =
    'import sqlite3, sys\n' +
    'try: sqlite3.connect(sys.argv[1], timeout=0).execute("begin exclusive"); print("free")\n' +
    'except sqlite3.OperationalError: pass';
  return execFileSync('python3', ['-c', program, path], { encoding: 'utf8' }).trim() === 'free';
}

test('LockFiles.acquire holds many locks on few descriptors more than locks, each released alone', (t) => {
  const folder = makeDirectory(t);
  const files = new LockFiles();
  const locks = Array.from({ length: 25 }, (_, i) => files.acquire(join(folder, `${i}.db`)));
  assert.ok(locks.every((lock) => lock !== undefined));
  assert.equal(LockFile.holder(join(folder, '24.db')), process.pid);
  locks[3]!.release();
  locks[3]!.release();
  assert.deepEqual(
    [2, 3, 4, 24].map((i) => isFree(join(folder, `${i}.db`))),
    [false, true, false, false],
  );
  assert.ok(files.acquire(join(folder, 'more.db')) !== undefined);
  for (const lock of locks) lock!.release();
  assert.deepEqual(
    [0, 9, 10, 24].map((i) => isFree(join(folder, `${i}.db`))),
    [true, true, true, true],
  );
  assert.equal(isFree(join(folder, 'more.db')), false);
});

test('LockFiles.acquire writes nothing to the file of a lock', (t) => {
  const path = join(makeDirectory(t), 'a.db');
  const lock = new LockFiles().acquire(path);
  assert.equal(isFree(path), false);
  assert.equal(statSync(path).size, 0);
  lock!.release();
});

test('LockFiles.acquire gives nothing for a lock that is held, by this process or another, and keeps the others', (t) => {
  const folder = makeDirectory(t);
  const files = new LockFiles();
  const path = join(folder, 'a.db');
  const lock = files.acquire(path);
  assert.ok(lock !== undefined);
  assert.equal(files.acquire(path), undefined);
  assert.equal(new LockFiles().acquire(path), undefined);
  assert.equal(isFree(path), false);
  const other = files.acquire(join(folder, 'b.db'));
  assert.ok(other !== undefined);
  lock.release();
  assert.equal(isFree(path), true);
  assert.equal(isFree(join(folder, 'b.db')), false);
});

test('LockFiles.acquire says why a lock cannot be taken', (t) => {
  const path = join(makeDirectory(t), 'missing', 'a.db');
  assert.throws(() => new LockFiles().acquire(path), { message: /^Cannot lock database .*missing.a\.db: / });
});
