import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Application } from '../../sqlite/application.ts';
import { marksOf } from '../../sqlite/live-fixture.ts';
import { Scene, upToRow } from '../scene.ts';
import { until } from '../until.ts';

const pageSizeBytes = 65536;
/** Each transaction appends one row and writes a blob of 16 pages again: many frames, a small database. */
const commit = [
  'begin immediate',
  'insert into t (x) values (1)',
  `update scratch set last = (select max(id) from t), blob = randomblob(${16 * pageSizeBytes})`,
  'commit',
];

/** Whether nobody holds the write lock: the sidecar, which takes it for moments, may have been stopped in one. */
async function isWritable(application: Application): Promise<boolean> {
  try {
    await application.run('pragma busy_timeout = 0', 'begin immediate', 'rollback');
    return true;
  } catch (error) {
    if ((error as Error).message === 'database is locked') return false;
    throw error;
  } finally {
    await application.run('pragma busy_timeout = 5000');
  }
}

test('FollowLoop ships every state of an append-only writer, in order, when syncs are limited', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase(`pragma page_size = ${pageSizeBytes}`, 'vacuum');
  await application.run('pragma synchronous = off', 'pragma wal_autocheckpoint = 64');
  await application.run('create table scratch (last, blob)', 'insert into scratch values (0, null)');
  const settings = { maxSyncWalBytes: 2_000_000, minCheckpointPageCount: 64, syncIntervalMs: 50 };
  const sidecar = await scene.start({ settings });
  await sidecar.sync();
  let last = 0;
  const write = async (count: number) => {
    for (; count > 0; count--, last++) await application.run(...commit);
  };
  for (const mark of ['zero', 'above']) {
    await sidecar.sync();
    const wanted = () => isDeepStrictEqual(marksOf(scene.path, sidecar.pid), [0]) === (mark === 'zero');
    const stopped = async () => {
      process.kill(sidecar.pid, 'SIGSTOP');
      if (wanted() && (await isWritable(application))) return true;
      process.kill(sidecar.pid, 'SIGCONT');
      return false;
    };
    while (!(wanted() && (await stopped()))) {
      if (mark === 'above') await write(1);
      await delay(1);
    }
    await write(30); // 30 MB, far more than one sync takes
    process.kill(sidecar.pid, 'SIGCONT');
    await write(30);
  }
  await sidecar.sync();
  await sidecar.stop();
  const txids = scene.replica.txids();
  assert.deepEqual(txids, upToRow(txids.length));
  assert.ok(txids.length > 20, `${txids.length} files`);
  let previous = -1;
  for (const txid of txids.slice(1)) {
    const [json] = await scene.replica.column(
      "select json_object('ids', (select json_group_array(id) from t), 'last', last) from scratch",
      txid,
    );
    const state = JSON.parse(String(json)) as { ids: number[]; last: number };
    assert.deepEqual(state.ids, upToRow(state.last), `TXID ${txid}`);
    assert.ok(state.last >= previous, `TXID ${txid} goes back`);
    previous = state.last;
  }
  assert.equal(previous, last);
  assert.doesNotMatch(sidecar.logs.join('\n'), /position in the WAL is lost/);
});

test('FollowLoop ships what came while it stood still for longer than the memory holds', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase(`pragma page_size = ${pageSizeBytes}`, 'vacuum');
  await application.run('pragma synchronous = off', 'create table scratch (last, blob)');
  await application.run('insert into scratch values (0, null)');
  const sidecar = await scene.start();
  await sidecar.sync();
  process.kill(sidecar.pid, 'SIGSTOP');
  for (let i = 0; i < 40; i++) await application.run(...commit);
  process.kill(sidecar.pid, 'SIGCONT');
  await until('the last row is in the replica', async () => {
    const [count] = await scene.replica.column('select count(*) from t');
    return count === 40;
  });
});
