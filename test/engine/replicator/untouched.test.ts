import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Scene } from '../scene.ts';

/**
 * SQLite's change counter, in two places, counts how often a connection that writes had to read page 1 again: whenever
 * another connection, be it one that writes nothing, lets the WAL restart.
 */
const changeCounters = [24, 25, 26, 27, 92, 93, 94, 95];

/** Offsets at which two files are not the same, the first few. */
function differingBytes(a: Buffer, b: Buffer): number[] {
  const offsets: number[] = [];
  for (let i = 0; i < Math.max(a.length, b.length) && offsets.length < 20; i++) {
    if (a[i] !== b[i] && !changeCounters.includes(i)) offsets.push(i);
  }
  return offsets;
}

/** The same statements give the same file: no random content, one connection. */
function* statements(): Generator<string> {
  yield 'create table t (id integer primary key, x)';
  for (let round = 1; round <= 12; round++) {
    for (let i = 1; i <= 15; i++) yield `insert into t (x) values (printf('%.*c', ${100 * i}, '${round % 10}'))`;
    yield `update t set x = 'round ${round}' where id % 7 = ${round % 7}`;
    if (round % 4 === 0) yield `delete from t where id % 5 = ${round % 5}`;
    if (round === 6) yield 'vacuum';
  }
}

async function run(scene: Scene, autoCheckpointPages: number, each: () => Promise<unknown>): Promise<Buffer> {
  const application = await scene.application('pragma journal_mode = wal', 'pragma synchronous = normal');
  await application.run(`pragma wal_autocheckpoint = ${autoCheckpointPages}`);
  for (const statement of statements()) {
    await application.run(statement);
    await each();
  }
  // A checkpoint of the sidecar may be under way; SQLite does not wait for that.
  while ((await application.run('pragma wal_checkpoint(truncate)'))[0]?.[0] !== 0) await delay(5);
  return readFileSync(scene.path);
}

for (const autoCheckpointPages of [0, 10, 1000]) {
  test(`DatabaseReplicator leaves a database byte for byte as it is without it, automatic checkpoints at ${autoCheckpointPages}`, async (t) => {
    const alone = await run(new Scene(t), autoCheckpointPages, async () => {});
    const scene = new Scene(t);
    const sidecar = await scene.start({ settings: { minCheckpointPageCount: 8, truncatePageCount: 20 } });
    let count = 0;
    const beside = await run(scene, autoCheckpointPages, async () => {
      if (++count % 10 === 0) await sidecar.sync();
      if (count % 60 === 0) await delay(150); // long enough to settle
    });
    assert.deepEqual(differingBytes(alone, beside), []);
    await sidecar.sync();
    assert.ok((await scene.replica.bytes()).equals(beside), 'and so is what is restored');
    await sidecar.stop();
    assert.ok(readFileSync(scene.path).equals(beside));
    assert.ok(sidecar.logs.some((line) => /debug checkpoint .*outcome=complete/.test(line)));
  });
}
