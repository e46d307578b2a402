import assert from 'node:assert/strict';
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { differingPgnos } from '../differing-pgnos.ts';
import { Scene, upToRow } from '../scene.ts';

const manyRows = (last: number) =>
  `insert into t with recursive c(i) as (select 1 union all select i + 1 from c where i < ${last}) select i, hex(randomblob(200)) from c`;

/** A database of 500 rows, replicated, with nobody attached any more. */
async function leftDatabase(scene: Scene): Promise<void> {
  await scene.runAndClose('pragma journal_mode = wal', 'create table t (id integer primary key, x)', manyRows(500));
  const sidecar = await scene.start();
  await sidecar.sync();
  await sidecar.stop();
  assert.deepEqual(scene.replica.txids(), [1]);
}

/** Starts a sidecar and asserts that it reads everything once and ships no other pages than those that differ. */
async function assertDiff(scene: Scene): Promise<number> {
  const before = await scene.replica.bytes();
  const sidecar = await scene.start();
  const txid = Number(await sidecar.sync());
  assert.equal(txid, 2);
  assert.deepEqual(
    sidecar.logs.filter((line) => /read the whole database|going on/.test(line)).length,
    1,
    sidecar.logs.join('\n'),
  );
  await sidecar.stop();
  const after = await scene.replica.bytes(txid);
  const { pageSizeBytes } = scene.replica.header(txid);
  const expected = differingPgnos(before, after, pageSizeBytes);
  assert.deepEqual(scene.replica.pgnos(txid), expected);
  assert.ok(expected.length > 0);
  return expected.length;
}

test('continuity ships only the pages that differ after a small change that was checkpointed meanwhile', async (t) => {
  const scene = new Scene(t);
  await leftDatabase(scene);
  await scene.runAndClose("update t set x = 'changed' where id = 250");
  assert.ok((await assertDiff(scene)) <= 2);
  assert.deepEqual(await scene.replica.column("select id from t where x = 'changed'"), [250]);
});

test('continuity ships only the pages that differ after a change in a WAL that was restarted meanwhile', async (t) => {
  const scene = new Scene(t);
  await leftDatabase(scene);
  const application = await scene.application("update t set x = 'first' where id = 1");
  await application.run('pragma wal_checkpoint(truncate)', "update t set x = 'second' where id = 499");
  assert.ok((await assertDiff(scene)) <= 3);
  assert.deepEqual(await scene.replica.column('select x from t where id in (1, 499)'), ['first', 'second']);
});

test('continuity ships only the pages that differ after a VACUUM', async (t) => {
  const scene = new Scene(t);
  await leftDatabase(scene);
  await scene.runAndClose('delete from t where id > 450', 'vacuum');
  const { commit } = scene.replica.header(1);
  assert.ok((await assertDiff(scene)) < commit / 2);
  assert.ok(scene.replica.header(2).commit < commit);
  assert.deepEqual(await scene.replica.column('select id from t'), upToRow(450));
});

test('continuity ships only the pages that differ after the file was replaced by another', async (t) => {
  const scene = new Scene(t);
  await leftDatabase(scene);
  const other = `${scene.path}.other`;
  copyFileSync(scene.path, other);
  const theirs = new Scene(t);
  renameSync(other, theirs.path);
  await theirs.runAndClose("update t set x = 'theirs' where id = 7");
  for (const suffix of ['-wal', '-shm']) rmSync(scene.path + suffix, { force: true });
  copyFileSync(theirs.path, other);
  renameSync(other, scene.path);
  assert.ok((await assertDiff(scene)) <= 2);
  assert.deepEqual(await scene.replica.column("select id from t where x = 'theirs'"), [7]);
});

test('continuity finds a change although the WAL was empty before and is empty again', async (t) => {
  const scene = new Scene(t);
  await leftDatabase(scene);
  await scene.runAndClose("update t set x = 'changed' where id = 3");
  await assertDiff(scene);
});

test('continuity writes no file when nothing differs', async (t) => {
  const scene = new Scene(t);
  await leftDatabase(scene);
  for (const suffix of ['-wal', '-shm']) rmSync(scene.path + suffix);
  const sidecar = await scene.start();
  await sidecar.sync();
  assert.match(sidecar.logs[0] ?? '', /read the whole database.* changed=false/);
  await sidecar.stop();
  assert.equal(scene.replica.newest, 1);
});
