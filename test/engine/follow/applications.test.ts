import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { ClosedLoopWriter } from '../closed-loop-writer.ts';
import { Scene, upToRow } from '../scene.ts';
import { until } from '../until.ts';

const appendRow = ['insert into t (x) values (randomblob(500))'];

/** Every TXID holds the rows up to some commit, ascending. Returns the last row of the newest. */
async function assertAscending(scene: Scene, maxChecked = 25): Promise<number> {
  const txids = scene.replica.txids();
  assert.deepEqual(txids, upToRow(txids.length));
  const step = Math.max(1, Math.ceil(txids.length / maxChecked));
  let last = 0;
  for (const txid of txids.filter((_, i) => i % step === 0 || i === txids.length - 1)) {
    const ids = await scene.replica.column('select id from t', txid);
    assert.deepEqual(ids, upToRow(ids.length), `TXID ${txid}`);
    assert.ok(ids.length >= last, `TXID ${txid} goes back`);
    last = ids.length;
  }
  return last;
}

for (const [name, setUp] of [
  ['a steady writer', ['pragma synchronous = off']],
  ['an application with its own automatic checkpoints', ['pragma synchronous = off', 'pragma wal_autocheckpoint = 20']],
] as const) {
  test(`DatabaseReplicator ships every state beside ${name}`, async (t) => {
    const scene = new Scene(t);
    await scene.newDatabase();
    const sidecar = await scene.start({ settings: { minCheckpointPageCount: 100 } });
    await using writer = new ClosedLoopWriter(scene.path, { commit: appendRow, setUp, pauseMs: 1 });
    await until('many commits', async () => (await writer.state()).commits > 800, { timeoutMs: 20_000 });
    const { commits } = await writer.stop();
    await sidecar.sync();
    assert.equal(await assertAscending(scene), commits);
    assert.doesNotMatch(sidecar.logs.join('\n'), /position in the WAL is lost/);
    assert.ok(statSync(`${scene.path}-wal`).size < 20 * 4096 * 100, 'the WAL restarts');
  });
}

test('DatabaseReplicator ships every state of a writer that opens and closes for each transaction', async (t) => {
  const scene = new Scene(t);
  await scene.runAndClose('pragma journal_mode = wal', 'create table t (id integer primary key, x)');
  const sidecar = await scene.start();
  await sidecar.sync();
  await using writer = new ClosedLoopWriter(scene.path, { commit: appendRow, reconnect: true });
  await until('some commits', async () => (await writer.state()).commits > 80, { timeoutMs: 20_000 });
  const { commits } = await writer.stop();
  await sidecar.sync();
  assert.equal(await assertAscending(scene), commits);
});

test('DatabaseReplicator says that a reader is in the way, lets the WAL grow, and recovers when it ends', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase('pragma wal_autocheckpoint = 0', 'pragma synchronous = off');
  const sidecar = await scene.start({ settings: { minCheckpointPageCount: 50 } });
  const reader = await scene.application();
  await application.run('insert into t (x) values (1)');
  await reader.run('begin', 'select count(*) from t');
  for (let i = 0; i < 200; i++) await application.run(...appendRow);
  await until('the status shows the reader', async () => (await sidecar.status()).readerInTheWay);
  await sidecar.sync();
  assert.deepEqual(await scene.replica.column('select count(*) from t'), [201], 'files are written all the same');
  const grownBytes = statSync(`${scene.path}-wal`).size;
  assert.ok(grownBytes > 200 * 4096);
  assert.deepEqual(await reader.run('select count(*) from t'), [[1]]);
  await reader.run('commit');
  const recovered = async () => {
    await application.run(...appendRow);
    return !(await sidecar.status()).readerInTheWay;
  };
  await until('the WAL restarts', recovered, { everyMs: 50, timeoutMs: 20_000 });
  await sidecar.sync();
  for (let i = 0; i < 20; i++) await application.run(...appendRow);
  assert.ok(statSync(`${scene.path}-wal`).size <= grownBytes + 4096 * 200);
  await sidecar.sync();
  assert.equal(sidecar.logs.filter((line) => line.includes('keeps the WAL from restarting')).length, 1);
  assert.equal(sidecar.logs.filter((line) => line.includes('the WAL can restart again')).length, 1);
  await assertAscending(scene);
});

test('DatabaseReplicator follows VACUUM, deletes and an incremental vacuum of one application', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase('pragma auto_vacuum = incremental', 'vacuum');
  const sidecar = await scene.start();
  await sidecar.sync();
  const insert = (from: number, to: number) =>
    `insert into t with recursive c(i) as (select ${from} union all select i + 1 from c where i < ${to}) select i, randomblob(2000) from c`;
  const steps: { statements: string[]; rows: number }[] = [
    { statements: [insert(1, 400)], rows: 400 },
    { statements: ['delete from t where id > 100', 'pragma incremental_vacuum'], rows: 100 },
    { statements: [insert(101, 150)], rows: 150 },
    { statements: ['delete from t where id > 20', 'vacuum'], rows: 20 },
    { statements: [insert(21, 300), 'vacuum'], rows: 300 },
    { statements: ['begin', 'delete from t where id > 50', insert(51, 60), 'commit', 'vacuum'], rows: 60 },
  ];
  const moments: { txid: number; rows: number; pages: number }[] = [];
  for (const { statements, rows } of steps) {
    await application.run(...statements);
    const txid = Number(await sidecar.sync());
    const [[pages]] = (await application.run('pragma page_count')) as [[number]];
    moments.push({ txid, rows, pages });
  }
  for (const { txid, rows, pages } of moments) {
    assert.deepEqual(await scene.replica.column('select id from t', txid), upToRow(rows));
    assert.equal(scene.replica.header(txid).commit, pages);
  }
  assert.ok(moments[1]!.pages < moments[0]!.pages, 'the database shrank');
  assert.doesNotMatch(sidecar.logs.join('\n'), /position in the WAL is lost/);
});
