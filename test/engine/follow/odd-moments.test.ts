import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Scene, upToRow } from '../scene.ts';
import { until } from '../until.ts';

/** Makes the two copies of the WAL-index header differ, as a writer does that is killed between them. */
function tearIndex(path: string): void {
  const program =
    'f = open(__import__("sys").argv[1] + "-shm", "r+b"); f.seek(48 + 16); f.write(b"\\xff\\xff"); f.close()';
  execFileSync('python3', ['-c', program, path]);
}

test('FollowLoop gets over a torn WAL-index without the application', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  const sidecar = await scene.start();
  await sidecar.sync();
  for (let id = 1; id <= 3; id++) {
    process.kill(sidecar.pid, 'SIGSTOP');
    await application.run(`insert into t values (${id}, randomblob(5000))`);
    tearIndex(scene.path);
    process.kill(sidecar.pid, 'SIGCONT');
    await until('the commit is in the replica', async () => {
      const ids = await scene.replica.column('select id from t');
      return ids.length === id;
    });
  }
  assert.equal((await sidecar.status()).error, undefined);
});

test('DatabaseReplicator attaches a database whose WAL-index is torn', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  await application.run("insert into t values (1, 'x')");
  await application.kill();
  tearIndex(scene.path);
  const sidecar = await scene.start();
  await sidecar.sync();
  assert.deepEqual(await scene.replica.column('select id from t'), [1]);
});

test('DatabaseReplicator goes on after frames were copied back while it was away, and before they are overwritten', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase('pragma wal_autocheckpoint = 0');
  let last = 0;
  for (let round = 0; round < 6; round++) {
    await application.run(`insert into t values (${++last}, randomblob(3000))`);
    const sidecar = await scene.start();
    await sidecar.sync();
    await sidecar.stop();
    await application.run(`insert into t values (${++last}, randomblob(3000))`);
    await application.run('pragma wal_checkpoint(passive)');
    const again = await scene.start();
    // The next writer starts the WAL anew over the frames that were copied back: at once, or when they were read.
    if (round % 2 === 1) await again.sync();
    for (let i = 0; i < 5; i++) await application.run(`insert into t values (${++last}, randomblob(3000))`);
    const txid = Number(await again.sync());
    assert.deepEqual(await scene.replica.column('select id from t', txid), upToRow(last));
    await again.stop();
  }
  for (const txid of scene.replica.txids()) {
    const ids = await scene.replica.column('select id from t', txid);
    assert.deepEqual(ids, upToRow(ids.length), `TXID ${txid}`);
  }
});

test('DatabaseReplicator scans one state of a large database beside a writer', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase('pragma synchronous = off', 'pragma wal_autocheckpoint = 100');
  // Two counters at the two ends of 50 MB tell a state from a mixture.
  await application.run('create table first (n)', 'insert into first values (0)', 'create table filler (x)');
  const fill = 'select randomblob(100000) union all select randomblob(100000) from c limit 500';
  await application.run(`insert into filler with recursive c(i) as (select 1 union all select i + 1 from c) ${fill}`);
  await application.run('create table last (n)', 'insert into last values (0)', 'pragma wal_checkpoint(truncate)');
  const sidecar = await scene.start({ settings: { syncIntervalMs: 200 } });
  const commit = async (id: number) =>
    application.run(
      'begin immediate',
      `insert into t values (${id}, randomblob(4000))`,
      `update first set n = ${id}`,
      `update filler set x = randomblob(100000) where rowid = ${1 + ((id * 37) % 500)}`,
      `update last set n = ${id}`,
      'commit',
    );
  let last = 0;
  while (scene.replica.newest === 0) await commit(++last);
  for (let i = 0; i < 50; i++) await commit(++last);
  assert.ok(last > 60, 'commits came in during the scan');
  await sidecar.sync();
  const txids = scene.replica.txids();
  for (const txid of new Set([1, 2, txids[txids.length >> 1]!, txids.at(-1)!])) {
    const sql =
      'select n from first union all select n from last union all select count(*) from t union all select max(id) from t';
    const [n, ...others] = await scene.replica.column(sql, txid);
    assert.deepEqual(others, [n, n, n], `TXID ${txid}`);
  }
  assert.deepEqual(await scene.replica.column('select n from last'), [last]);
});
