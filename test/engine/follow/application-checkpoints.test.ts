import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { marksOf } from '../../sqlite/live-fixture.ts';
import { ClosedLoopWriter } from '../closed-loop-writer.ts';
import { Scene, upToRow } from '../scene.ts';
import { until } from '../until.ts';

const modes = ['full', 'restart', 'truncate'];
const limitMs = 1_000;

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await act();
  return performance.now() - startMs;
}

test('FollowLoop lets checkpoints of the application through at once when it is idle', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase('pragma wal_autocheckpoint = 0');
  const sidecar = await scene.start();
  await sidecar.sync();
  let last = 0;
  for (const mode of [...modes, ...modes]) {
    await until('the database is idle', async () => (await sidecar.status()).idle);
    const commitMs = await timed(() => application.run(`insert into t values (${++last}, randomblob(3000))`));
    const checkpointMs = await timed(async () => {
      const [row] = await application.run(`pragma wal_checkpoint(${mode})`);
      assert.equal(row?.[0], 0, `${mode} was busy`);
    });
    assert.ok(commitMs < limitMs && checkpointMs < limitMs, `${mode}: ${commitMs} ms, ${checkpointMs} ms`);
  }
  await sidecar.sync();
  assert.deepEqual(await scene.replica.column('select id from t'), upToRow(last));
});

test('FollowLoop lets checkpoints of the application through while it follows a busy writer', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase('pragma wal_autocheckpoint = 0');
  const sidecar = await scene.start();
  await sidecar.sync();
  const commit = ['insert into t (x) values (randomblob(1000))'];
  const setUp = ['pragma synchronous = off', 'pragma wal_autocheckpoint = 0'];
  await using writer = new ClosedLoopWriter(scene.path, { commit, setUp, pauseMs: 1 });
  for (const mode of [...modes, ...modes]) {
    const { commits } = await writer.state();
    await until('the writer goes on', async () => (await writer.state()).commits > commits + 50);
    const checkpointMs = await timed(() => application.run(`pragma wal_checkpoint(${mode})`));
    assert.ok(checkpointMs < limitMs, `${mode} took ${checkpointMs} ms`);
  }
  const { commits, longestMs } = await writer.stop();
  assert.ok(longestMs < limitMs, `the longest commit took ${longestMs} ms`);
  await sidecar.sync();
  assert.deepEqual(await scene.replica.column('select id from t'), upToRow(commits));
});

test('FollowLoop leaves a few commits in the WAL, lets checkpoints of the application through all the same, and copies back later', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase('pragma wal_autocheckpoint = 0');
  const sidecar = await scene.start();
  await sidecar.sync();
  const isZeroHeld = () => isDeepStrictEqual(marksOf(scene.path, sidecar.pid), [0]);
  const idle = () => until('the database is idle', async () => (await sidecar.status()).idle);
  let last = 0;
  const commit = async () => {
    await application.run(`insert into t values (${++last}, randomblob(3000))`);
    await until('the commit is in the replica', () => scene.replica.newest > last);
    await idle();
  };
  for (const mode of [...modes, 'passive']) {
    await commit();
    assert.equal(isZeroHeld(), false, 'nothing was copied back after the commit');
    const checkpointMs = await timed(async () => {
      const [row] = await application.run(`pragma wal_checkpoint(${mode})`);
      assert.equal(row?.[0], 0, `${mode} was busy`);
    });
    assert.ok(checkpointMs < limitMs, `${mode} took ${checkpointMs} ms`);
    await until('mark 0 alone is held', isZeroHeld);
  }
  await commit();
  assert.equal(isZeroHeld(), false);
  await until('mark 0 alone is held although nobody checkpoints', isZeroHeld, { timeoutMs: 100_000 });
  await idle();
  assert.deepEqual(await scene.replica.column('select id from t'), upToRow(last));
});

test('FollowLoop moves to mark 0 soon after a commit where no events tell of checkpoints', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase('pragma wal_autocheckpoint = 0');
  const sidecar = await scene.start({ watched: false });
  await sidecar.sync();
  for (let id = 1; id <= 5; id++) {
    await application.run(`insert into t values (${id}, randomblob(3000))`);
    await until('the commit is in the replica', () => scene.replica.newest > id);
    await until('mark 0 alone is held', () => isDeepStrictEqual(marksOf(scene.path, sidecar.pid), [0]), {
      timeoutMs: 10_000,
    });
    const checkpointMs = await timed(() => application.run('pragma wal_checkpoint(truncate)'));
    assert.ok(checkpointMs < limitMs, `it took ${checkpointMs} ms`);
  }
});
