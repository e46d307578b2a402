import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { MetaDirectory } from '../../../src/engine/meta/meta-directory.ts';
import { PageChecksumTable } from '../../../src/engine/meta/page-checksum-table.ts';
import { writeRestoreMarker } from '../../../src/engine/meta/restore-marker.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { kernels } from '../restore/model-database.ts';
import { Scene, upToRow } from '../scene.ts';
import { until } from '../until.ts';

const insert = (id: number) => `insert into t values (${id}, randomblob(3000))`;

/** The page checksums of database bytes. */
function tableOf(bytes: Buffer, pageSizeBytes: number): PageChecksumTable {
  const table = new PageChecksumTable(pageSizeBytes);
  const run = kernels.openRun(pageSizeBytes, 1);
  for (let pgno = 1; pgno * pageSizeBytes <= bytes.length; pgno++) {
    run.pgnos[0] = pgno;
    run.pages.set(bytes.subarray((pgno - 1) * pageSizeBytes, pgno * pageSizeBytes));
    run.checksum(1);
    table.set(pgno, run.checksums[0]!);
  }
  return table;
}

/** Six TXIDs, then the database as it was at one of them, with the marker of a restore and no other local state. */
async function restoredAt(scene: Scene, txid: number, newestTxid: number): Promise<void> {
  const application = await scene.newDatabase();
  const sidecar = await scene.start();
  await sidecar.sync();
  for (let id = 1; id <= 5; id++) {
    await application.run(insert(id));
    await sidecar.sync();
  }
  await sidecar.stop();
  await application.close();
  for (const path of [scene.path, `${scene.path}-wal`, `${scene.path}-shm`, scene.metaPath])
    rmSync(path, { recursive: true, force: true });
  copyFileSync(await scene.replica.restore(txid), scene.path);
  const table = tableOf(await scene.replica.bytes(txid), 4096);
  const marker = { txid: toTxid(txid), newestTxid: toTxid(newestTxid), table };
  await writeRestoreMarker(new MetaDirectory(scene.metaPath), marker, { durableFiles: new DurableFiles() });
}

for (const [state, txid, changed] of [
  ['the newest state', 6, []],
  ['the newest state, changed since', 6, ["update t set x = 'changed' where id = 1"]],
  ['an earlier state', 3, []],
  ['an earlier state, changed since', 3, ["update t set x = 'changed' where id = 1"]],
] as const) {
  test(`establishContinuity goes on from a restore of ${state} with the pages that differ`, async (t) => {
    const scene = new Scene(t);
    await restoredAt(scene, txid, 6);
    if (changed.length > 0) await scene.runAndClose(...changed);
    const sidecar = await scene.start();
    await until('it is attached', async () => (await sidecar.status()).state === 'replicating');
    const application = await scene.application(insert(100));
    const newest = Number(await sidecar.sync());
    await application.close();
    for (const old of upToRow(6)) {
      assert.deepEqual(await scene.replica.column('select id from t', old), upToRow(old - 1), `TXID ${old}`);
    }
    assert.ok(newest > 6);
    const { commit } = scene.replica.header(7);
    if (txid === 6) assert.ok(scene.replica.pgnos(7).length < commit, 'a diff, not everything');
    assert.deepEqual(await scene.replica.column('select id from t', newest), [...upToRow(txid - 1), 100]);
    assert.deepEqual(scene.replica.txids(), upToRow(newest));
  });
}

test('establishContinuity refuses a restored database when its replica was written since', async (t) => {
  const scene = new Scene(t);
  await restoredAt(scene, 4, 5);
  const sidecar = await scene.start();
  await until('it is refused', async () => (await sidecar.status()).state === 'failed');
  assert.match((await sidecar.status()).error ?? '', /no local state that leads there/);
  assert.equal(scene.replica.newest, 6);
});
