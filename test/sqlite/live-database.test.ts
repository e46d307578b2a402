import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { advanceToEnd, descriptorCount, liveFixture, marksOf } from './live-fixture.ts';

test('LiveDatabase.advance is refused while frames under the mark are not copied', async (t) => {
  const { path, application, attach } = await liveFixture(t);
  const live = attach();
  const { salt1, mxFrame } = live.held.index;
  const marks = marksOf(path);
  assert.equal(live.advance({ salt1, frameCount: mxFrame - 1 }), false);
  assert.equal(live.advance({ salt1: salt1 - 1, frameCount: mxFrame + 1000 }), false);
  assert.equal(live.held.index.mxFrame, mxFrame);
  assert.deepEqual(marksOf(path), marks);
  await application.run('insert into t values (1)');
  assert.equal(live.advance({ salt1, frameCount: mxFrame }), true);
  assert.equal(live.held.index.mxFrame > mxFrame, true);
});

test('LiveDatabase.held keeps other processes from copying back frames above it', async (t) => {
  const { application, attach, start } = await liveFixture(t);
  const live = attach();
  const { mxFrame } = live.held.index;
  await application.run('insert into t values (zeroblob(20000))');
  const other = start();
  const [[, log, copied]] = (await other.run('pragma wal_checkpoint(passive)')) as [[number, number, number]];
  assert.equal(log > mxFrame, true);
  assert.equal(copied, mxFrame);
  assert.equal(live.index().nBackfill, mxFrame);
  assert.equal((await other.run('pragma wal_checkpoint(restart)'))[0]![0], 1);
  assert.equal(advanceToEnd(live), true);
  assert.deepEqual((await other.run('pragma wal_checkpoint(passive)'))[0], [0, log, log]);
});

test('LiveDatabase.held at mark 0 lets the WAL restart once, and nothing of the new generation be copied back', async (t) => {
  const { application, attach, start } = await liveFixture(t);
  const live = attach();
  live.checkpointer().passive();
  advanceToEnd(live);
  const old = live.held.index;
  const other = start();
  for (let i = 0; i < 3; i++) {
    await application.run(`insert into t values (${i})`);
    await other.run(`pragma wal_checkpoint(${['passive', 'restart', 'truncate'][i]})`);
    const index = live.index();
    assert.equal(index.salt1, (old.salt1 + 1) >>> 0);
    assert.equal(index.mxFrame, i + 1);
    assert.equal(index.nBackfill, 0);
  }
  assert.equal(live.advance({ salt1: old.salt1, frameCount: old.mxFrame }), true);
  assert.equal(live.held.kind, 'above');
  assert.equal(live.advance({ salt1: old.salt1, frameCount: old.mxFrame }), false, 'copies of the generation before');
});

test('LiveDatabase.advance knows a newer generation whose first salt was picked at random', async (t) => {
  const { application, attach, start } = await liveFixture(t);
  const live = attach();
  const differences = new Set<number>();
  for (let i = 0; i < 6; i++) {
    live.checkpointer().passive();
    assert.equal(advanceToEnd(live), true);
    const old = live.held.index;
    const other = start();
    assert.equal((await other.run('pragma wal_checkpoint(truncate)'))[0]![0], 0);
    await other.close();
    await application.run('insert into t values (1)');
    const { salt1, mxFrame } = live.index();
    differences.add((salt1 - old.salt1) | 0);
    assert.equal(live.advance({ salt1: (salt1 + 77) >>> 0, frameCount: 1e6 }), false, 'neither generation');
    assert.equal(live.advance({ salt1, frameCount: mxFrame }), true);
    assert.equal(live.held.kind, 'above');
  }
  assert.equal(differences.size > 1, true, 'salts that do not count up were met');
});

test('LiveDatabase.advance of a mark in a WAL without frames is never refused', async (t) => {
  const { application, attach, start } = await liveFixture(t);
  await application.close();
  const live = attach();
  assert.equal(live.held.index.salt1, 0);
  await start().run('insert into t values (1)');
  assert.equal(live.advance({ salt1: 0, frameCount: 0 }), true);
  assert.equal(live.held.kind, 'above');
  assert.notEqual(live.held.index.salt1, 0);
});

test('LiveDatabase holds 4 descriptors when it was never busy and 5 at rest once it was', async (t) => {
  const { path, application, attach } = await liveFixture(t);
  const live = attach();
  assert.equal(descriptorCount(path), 4);
  for (let i = 0; i < 5; i++) {
    await application.run(`insert into t values (${i})`);
    advanceToEnd(live);
    live.checkpointer().passive();
    advanceToEnd(live);
    live.rest();
    assert.equal(descriptorCount(path) <= 5, true, `${descriptorCount(path)}`);
    const start = new Uint8Array(32);
    assert.equal(live.readWal(start, 0), 32);
    assert.equal(await live.readDatabase(new Uint8Array(100), 0), 100);
  }
  assert.equal(descriptorCount(path), 5);
  live.close();
  assert.equal(descriptorCount(path), 0);
});

test('LiveDatabase.readDatabase and readWal return less at the end of a file', async (t) => {
  const { application, attach, start } = await liveFixture(t);
  await application.run('pragma wal_checkpoint(truncate)');
  await application.close();
  const live = attach();
  const bytes = new Uint8Array(1 << 16);
  const length = await live.readDatabase(bytes, 0);
  assert.equal(length, live.held.index.pageCount * live.pageSizeBytes);
  assert.equal(Buffer.from(bytes.subarray(0, 15)).toString(), 'SQLite format 3');
  assert.equal(live.readWal(bytes, 0), 0);
  await start().run('insert into t values (1)');
  assert.equal(live.readWal(bytes, 0), 32 + 24 + live.pageSizeBytes);
});

for (const suffix of ['', '-wal', '-shm']) {
  test(`LiveDatabase.isInPlace is false once another file has the name app.db${suffix}`, async (t) => {
    const { path, attach } = await liveFixture(t);
    const live = attach();
    assert.equal(live.isInPlace(), true);
    renameSync(path + suffix, `${path}.moved`);
    assert.equal(live.isInPlace(), false);
    renameSync(`${path}.moved`, path + suffix);
    assert.equal(live.isInPlace(), true);
  });
}

test('LiveDatabase.isOutOfTheWay tells where a checkpoint begins without waiting for the mark', async (t) => {
  const { path, application, attach, start } = await liveFixture(t);
  const live = attach();
  for (let i = 0; i < 3; i++) {
    const { salt1, mxFrame } = live.held.index;
    await application.run(`insert into t values (${i})`);
    assert.equal(live.isOutOfTheWay(), false, 'a FULL checkpoint would wait for the mark');
    assert.equal(live.advance({ salt1, frameCount: mxFrame - 1 }), false);
    assert.equal(live.held.index.mxFrame, mxFrame);
    const end = live.index();
    assert.equal(live.advance({ salt1, frameCount: end.mxFrame }), true);
    assert.equal(live.held.index.mxFrame, end.mxFrame);
    assert.equal(live.isOutOfTheWay(), true);
  }
  const other = start();
  const { salt1, mxFrame } = live.held.index;
  assert.deepEqual((await other.run('pragma wal_checkpoint(full)'))[0], [0, mxFrame, mxFrame]);
  assert.equal(live.isOutOfTheWay(), false, 'a RESTART would wait for the mark without another write');
  assert.equal(live.advance({ salt1, frameCount: mxFrame }), true);
  assert.deepEqual(marksOf(path), [0]);
  assert.equal(live.isOutOfTheWay(), true);
});

test('LiveDatabase.advance frees the slot of the WAL-index that a checkpoint waits for', async (t) => {
  const { application, attach, start } = await liveFixture(t);
  const other = start({ timeoutMs: 10_000 });
  await other.run('select * from t'); // later it would leave a mark at the end of the WAL, in a slot free to be shared
  const live = attach();
  for (let i = 0; i < 3; i++) {
    await application.run(`insert into t values (${i})`);
    const { mxFrame } = live.index();
    const checkpoint = other.run('pragma wal_checkpoint(full)');
    const ended = checkpoint.then(() => 'ended');
    assert.equal(await Promise.race([ended, delay(100, 'waiting')]), 'waiting', 'the mark stands before the end');
    assert.equal(advanceToEnd(live), true);
    assert.deepEqual((await checkpoint)[0], [0, mxFrame, mxFrame]);
    assert.equal(advanceToEnd(live), true);
  }
});
