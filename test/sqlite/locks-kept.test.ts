import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspectDatabase } from '../../src/sqlite/inspect-database.ts';
import { hasLockOn, KernelLockTable, sharedLockByte } from '../../src/sqlite/kernel-locks.ts';
import { LiveDatabase } from '../../src/sqlite/live-database.ts';
import { advanceToEnd, liveFixture, locksOf, marksOf } from './live-fixture.ts';

const loseLocks = fileURLToPath(new URL('./lose-locks.js', import.meta.url));

test('LiveDatabase keeps its locks through every public operation', async (t) => {
  const { path, application, attached, attach } = await liveFixture(t);
  const live = attach();
  const check = (what: string, marks = 1) => {
    const { database, shm } = locksOf(path);
    assert.ok(hasLockOn(database, sharedLockByte), `${what}: the lock on the database`);
    assert.ok(hasLockOn(shm, 128), `${what}: the dead man's lock`);
    assert.equal(marksOf(path).length, marks, `${what}: read marks`);
    assert.equal(live.hasLocks(), true, what);
  };
  check('open');
  assert.equal(marksOf(path)[0]! > 0, live.held.kind === 'above');
  live.index();
  check('index');
  live.readWal(new Uint8Array(5000), 0);
  check('readWal');
  await live.readDatabase(new Uint8Array(100), 0);
  check('readDatabase');
  assert.equal(live.isInPlace(), true);
  check('isInPlace');
  await application.run('insert into t values (1)');
  assert.equal(advanceToEnd(live), true);
  check('advance');
  const checkpointer = live.checkpointer();
  check('checkpointer');
  checkpointer.passive();
  check('passive');
  assert.equal(checkpointer.raiseBarrier(), true);
  check('raiseBarrier, a transaction with a mark of its own', 2);
  await assert.rejects(application.run('insert into t values (2)'), /locked/);
  checkpointer.lowerBarrier();
  check('lowerBarrier');
  advanceToEnd(live);
  check('advance to mark 0');
  assert.notEqual(checkpointer.truncate(), undefined);
  check('truncate');
  await application.run('insert into t values (3)');
  const scan = live.openScanMark();
  check('openScanMark');
  scan.takeExact();
  check('takeExact', 2);
  scan.release();
  check('release');
  scan.readOnce();
  check('readOnce');
  scan.take();
  check('take', 2);
  scan.close();
  check('close of a scan mark');
  assert.throws(() => attached.readStart(path, 100), { name: 'LiveError', code: 'attached' });
  check('readStart');
  assert.throws(() => inspectDatabase(path, attached), { code: 'attached' });
  check('inspectDatabase');
  assert.throws(() => LiveDatabase.open(path, attached), { code: 'attached' });
  check('open of the same file');
  live.rest();
  check('rest');
  advanceToEnd(live);
  live.rest();
  check('rest after the marks changed places');
  live.close();
  assert.deepEqual(locksOf(path), { database: [], shm: [] });
  assert.equal(live.hasLocks(), false);
  assert.equal(inspectDatabase(path, attached), 'wal');
});

for (const suffix of ['', '-shm']) {
  test(`LiveDatabase.hasLocks sees that closing a descriptor of app.db${suffix} dropped locks`, async (t) => {
    const { path } = await liveFixture(t);
    const report = JSON.parse(execFileSync(process.execPath, [loseLocks, path, suffix], { encoding: 'utf8' }));
    assert.equal(report.before.hasLocks, true);
    assert.equal(report.before.marks.length, 1);
    assert.equal(report.after.hasLocks, false);
    if (suffix === '-shm') assert.deepEqual(report.after.marks, []);
  });
}

test('AttachedFiles refuses an attached database under every name, and its -shm file', async (t) => {
  const { path, attached, attach } = await liveFixture(t);
  symlinkSync(path, `${path}.symlink`);
  linkSync(path, `${path}.hardlink`);
  linkSync(`${path}-shm`, `${path}.index`);
  const live = attach();
  const locks = locksOf(path);
  for (const name of [`${path}.symlink`, `${path}.hardlink`, `${path}-shm`, `${path}.index`]) {
    assert.throws(() => attached.readStart(name, 100), { code: 'attached' }, name);
    assert.throws(() => inspectDatabase(name, attached), { code: 'attached' }, name);
    assert.throws(() => LiveDatabase.open(name, attached), { code: 'attached' }, name);
  }
  assert.deepEqual(locksOf(path), locks);
  live.close();
  assert.equal(attached.readStart(`${path}.hardlink`, 16)?.byteLength, 16);
});

test('LiveDatabase.close a second time does not take the claim of the next attachment', async (t) => {
  const { path, attached, attach } = await liveFixture(t);
  const first = attach();
  first.close();
  attach();
  first.close();
  assert.throws(() => inspectDatabase(path, attached), { code: 'attached' });
});

test('LiveDatabase attached through a symlink uses the files beside the target', async (t) => {
  const { path, attached, application } = await liveFixture(t);
  symlinkSync(path, `${path}.symlink`);
  const live = LiveDatabase.open(`${path}.symlink`, attached);
  t.after(() => live.close());
  assert.equal(live.path, path);
  await application.run('insert into t values (1)');
  assert.equal(live.index().mxFrame > 0, true);
});

test('KernelLockTable reads rows as the kernel prints them', () => {
  const table = new KernelLockTable(
    '1: POSIX  ADVISORY  READ 42 fe:00:7 123 123\n1: -> POSIX  ADVISORY  WRITE 43 fe:00:7 123 123\n' +
      '2: OFDLCK ADVISORY  READ -1 fe:00:7 0 EOF\n3: POSIX  ADVISORY  WRITE 44 103:05:7 0 EOF\n',
  );
  const file = (device: bigint) => ({ device, inode: 7n, sizeBytes: 0, isFile: true });
  assert.deepEqual(table.locksOn(file(0xfe00n)), [{ pid: 42, kind: 'READ', firstByte: 123, lastByte: 123 }]);
  assert.deepEqual(table.locksOn(file(0x1_0305n)), [{ pid: 44, kind: 'WRITE', firstByte: 0, lastByte: Infinity }]);
  assert.deepEqual(table.locksOn(file(0x0n)), []);
});
