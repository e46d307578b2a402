import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { test } from 'node:test';
import { Application } from './application.ts';
import { advanceToEnd, digests, liveFixture, makeDirectory } from './live-fixture.ts';

test('Checkpointer.raiseBarrier is false at once while an application writes', async (t) => {
  const { application, attach } = await liveFixture(t);
  const checkpointer = attach().checkpointer();
  await application.run('begin immediate');
  const start = performance.now();
  assert.equal(checkpointer.raiseBarrier(), false);
  assert.equal(performance.now() - start < 50, true);
  await application.run('insert into t values (1)', 'commit');
  assert.equal(checkpointer.raiseBarrier(), true);
  checkpointer.lowerBarrier();
  checkpointer.lowerBarrier();
  assert.equal(checkpointer.raiseBarrier(), true);
});

test('Checkpointer.lowerBarrier lets a writer with a busy timeout go on, and the WAL restarts', async (t) => {
  const { attach, start } = await liveFixture(t);
  const writer = start({ timeoutMs: 5000 });
  await writer.run('select 1');
  const live = attach();
  const checkpointer = live.checkpointer();
  assert.equal(checkpointer.raiseBarrier(), true);
  let committed = false;
  const commit = writer.run('insert into t values (1)').then(() => {
    committed = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(committed, false);
  advanceToEnd(live);
  assert.equal(checkpointer.passive()?.complete, true);
  advanceToEnd(live);
  const { salt1 } = live.held.index;
  assert.equal(live.held.kind, 'zero');
  checkpointer.lowerBarrier();
  await commit;
  assert.deepEqual([live.index().salt1, live.index().mxFrame], [(salt1 + 1) >>> 0, 1]);
  assert.deepEqual(await writer.run('select x from t'), [[1]]);
});

test('Checkpointer writes what a PASSIVE checkpoint of the application writes, and no byte more', async (t) => {
  const { path, application, attach } = await liveFixture(t);
  await application.run('insert into t values (zeroblob(30000))', 'delete from t', 'insert into t values (7)');
  const copy = `${makeDirectory(t)}/app.db`;
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix);
  const live = attach();
  const checkpointer = live.checkpointer();
  assert.equal(checkpointer.raiseBarrier(), true);
  const wal = digests(path).split('\n')[1];
  assert.equal(checkpointer.passive()?.complete, true);
  checkpointer.lowerBarrier();
  assert.equal(digests(path).split('\n')[1], wal, 'the WAL');
  await using other = new Application(copy);
  await other.run('pragma wal_checkpoint(passive)');
  const [ours, theirs] = [digests(path), digests(copy)].map((text) => text.slice(0, 64));
  assert.equal(ours, theirs);
});

test('Checkpointer.passive copies back as far as readers allow and is undefined beside another checkpoint', async (t) => {
  const { application, attach, start } = await liveFixture(t);
  const live = attach();
  const checkpointer = live.checkpointer();
  const reader = start();
  await reader.run('begin', 'select * from t');
  const { mxFrame } = live.index();
  await application.run('insert into t values (1)');
  assert.equal(advanceToEnd(live), true);
  assert.deepEqual(checkpointer.passive(), { complete: false, walFrames: mxFrame + 1, copiedBackFrames: mxFrame });
  assert.equal(checkpointer.truncate(), undefined);
  const waiting = start({ timeoutMs: 2000 });
  const full = waiting.run('pragma wal_checkpoint(full)');
  for (let tries = 0; checkpointer.passive() !== undefined; tries++) {
    assert.equal(tries < 200, true, 'the FULL checkpoint never began');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await reader.run('rollback');
  assert.equal((await full)[0]![0], 0);
  assert.equal(checkpointer.passive()?.complete, true);
  advanceToEnd(live);
  assert.deepEqual(checkpointer.truncate(), { complete: true, walFrames: 0, copiedBackFrames: 0 });
});
