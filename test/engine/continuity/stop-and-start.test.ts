import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene, upToRow } from '../scene.ts';

const goesOn = /^info going on where it was left/;
const readsAll = /^info read the whole database/;
const insert = (id: number) => `insert into t values (${id}, randomblob(3000))`;

/** The one line about how an attachment began. */
function beginning(logs: readonly string[]): string {
  const lines = logs.filter((line) => goesOn.test(line) || readsAll.test(line));
  assert.equal(lines.length, 1, logs.join('\n'));
  return lines[0]!;
}

test('DatabaseReplicator reads no page again after a stop and start beside an application that stays', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  const first = await scene.start();
  await first.sync();
  await first.stop();
  let last = 0;
  for (let round = 0; round < 6; round++) {
    await application.run(insert(++last)); // while nobody is attached
    const sidecar = await scene.start();
    await sidecar.sync();
    await application.run(insert(++last));
    if (round % 3 === 1) await sidecar.sync();
    assert.deepEqual(await sidecar.stop(), { code: 0, signal: null });
    // The first start saw an empty WAL, which proves nothing.
    assert.match(beginning(sidecar.logs), round === 0 ? readsAll : goesOn, `round ${round}`);
  }
  assert.deepEqual(await scene.replica.column('select id from t'), upToRow(last));
  for (const txid of scene.replica.txids()) {
    const ids = await scene.replica.column('select id from t', txid);
    assert.deepEqual(ids, upToRow(ids.length));
  }
});

test('DatabaseReplicator reads no page again when it closes last', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  const sidecar = await scene.start();
  await application.run(insert(1));
  await sidecar.sync();
  await application.close();
  await sidecar.stop();
  const again = await scene.start();
  await again.sync();
  assert.match(beginning(again.logs), goesOn);
  await scene.runAndClose(insert(2));
  await again.sync();
  await again.stop();
  const third = await scene.start();
  await third.sync();
  assert.match(beginning(third.logs), goesOn);
  assert.deepEqual(await scene.replica.column('select id from t'), [1, 2]);
});

test('DatabaseReplicator writes a diff, here of nothing, when the application closed last and deleted the WAL', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  const sidecar = await scene.start();
  await application.run(insert(1));
  const txid = await sidecar.sync();
  await sidecar.stop();
  await application.close();
  const again = await scene.start();
  assert.equal(await again.sync(), txid);
  assert.match(beginning(again.logs), /read the whole database.* changed=false/);
  await scene.runAndClose(insert(2));
  await again.sync();
  assert.deepEqual(await scene.replica.column('select id from t'), [1, 2]);
});

test('DatabaseReplicator goes on where it was left after it was killed', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  const sidecar = await scene.start();
  await application.run(insert(1));
  await sidecar.sync();
  await sidecar.kill();
  const again = await scene.start();
  await again.sync();
  assert.match(beginning(again.logs), goesOn);
  await application.run(insert(2));
  await again.sync();
  assert.deepEqual(await scene.replica.column('select id from t'), [1, 2]);
});
