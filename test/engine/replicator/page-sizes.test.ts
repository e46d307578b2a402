import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene, upToRow } from '../scene.ts';

const insert = (from: number, to: number) =>
  `insert into t with recursive c(i) as (select ${from} union all select i + 1 from c where i < ${to}) select i, randomblob(1000) from c`;

for (const pageSizeBytes of [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]) {
  test(`DatabaseReplicator follows growth, shrinking and a checkpoint with pages of ${pageSizeBytes} bytes`, async (t) => {
    const scene = new Scene(t);
    const application = await scene.application(`pragma page_size = ${pageSizeBytes}`, 'pragma auto_vacuum = full');
    await application.run('pragma journal_mode = wal', 'create table t (id integer primary key, x)', insert(1, 20));
    const sidecar = await scene.start({ settings: { minCheckpointPageCount: 20 } });
    const states: [txid: number, rows: number][] = [[Number(await sidecar.sync()), 20]];
    for (const [statement, rows] of [
      [insert(21, 200), 200],
      ['delete from t where id > 50', 50],
      ['pragma wal_checkpoint(truncate)', 50],
      [insert(51, 100), 100],
    ] as const) {
      await application.run(statement);
      states.push([Number(await sidecar.sync()), rows]);
    }
    for (const [txid, rows] of states) {
      assert.deepEqual(await scene.replica.column('select id from t', txid), upToRow(rows));
      assert.equal(scene.replica.header(txid).pageSizeBytes, pageSizeBytes);
    }
    assert.ok(scene.replica.header(states[2]![0]).commit < scene.replica.header(states[1]![0]).commit);
    await sidecar.stop();
    const again = await scene.start();
    await again.sync();
    assert.match(again.logs[0] ?? '', /going on where it was left/);
  });
}

test('DatabaseReplicator writes a snapshot before the first file of another page size', async (t) => {
  const scene = new Scene(t);
  await scene.runAndClose('pragma journal_mode = wal', 'create table t (id integer primary key, x)', insert(1, 50));
  const first = await scene.start();
  await first.sync();
  await scene.runAndClose(insert(51, 80));
  const old = Number(await first.sync());
  await first.stop();
  await scene.runAndClose(
    'pragma journal_mode = delete',
    'pragma page_size = 1024',
    'vacuum',
    'pragma journal_mode = wal',
  );
  const second = await scene.start();
  const boundary = Number(await second.sync());
  assert.equal(boundary, old + 1);
  assert.match(second.logs[0] ?? '', /its page size changed/);
  assert.deepEqual(scene.replica.names(9), [`${'1'.padStart(16, '0')}-${boundary.toString(16).padStart(16, '0')}.ltx`]);
  assert.equal(scene.replica.header(boundary).pageSizeBytes, 1024);
  assert.equal(scene.replica.pgnos(boundary).length, scene.replica.header(boundary).commit);
  const application = await scene.application(insert(81, 90));
  const newest = Number(await second.sync());
  await second.stop();
  assert.ok(newest > boundary);
  await application.close();
  const third = await scene.start();
  await third.sync();
  for (const [txid, rows] of [
    [1, 50],
    [old, 80],
    [boundary, 80],
    [newest, 90],
  ] as const) {
    assert.deepEqual(await scene.replica.column('select id from t', txid), upToRow(rows), `TXID ${txid}`);
  }
  assert.deepEqual(scene.replica.txids(), upToRow(newest));
});
