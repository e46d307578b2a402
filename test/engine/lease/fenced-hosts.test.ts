import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultLevelSettings } from '../../../src/engine/levels/level-settings.ts';
import { MetaDirectory } from '../../../src/engine/meta/meta-directory.ts';
import { Scene, upToRow } from '../scene.ts';
import { until } from '../until.ts';
import { cloneHost, insert, isStopped, startLeased, takeOverMs } from './fencing-scene.ts';

/** The rows of the newest state and the epochs of level 0. */
async function stateOf({ replica }: Scene) {
  return {
    rows: await replica.column('select id from t'),
    epochs: replica.txids().map((txid) => replica.header(txid).epoch),
  };
}

test('DatabaseReplicator stamps files with the epoch of its lease, and begins each term with a file of it', async (t) => {
  const scene = new Scene(t);
  await (await scene.newDatabase()).run(insert(1));
  const sidecar = await startLeased(scene, scene.replica.path, 'a');
  await sidecar.sync();
  await scene.runAndClose(insert(2));
  await sidecar.sync();
  assert.equal((await sidecar.status()).lease?.kind, 'held');
  await sidecar.stop();
  assert.deepEqual(await stateOf(scene), { rows: upToRow(2), epochs: [1, 1] });
  const again = await startLeased(scene, scene.replica.path, 'a');
  await again.sync();
  await scene.runAndClose(insert(3));
  await again.sync();
  await again.stop();
  assert.deepEqual(await stateOf(scene), { rows: upToRow(3), epochs: [1, 1, 2, 2] });
  assert.deepEqual(scene.replica.pgnos(3), [], 'nothing had changed');
  const { walOffset } = scene.replica.header(3);
  assert.ok(walOffset >= 32, 'Litestream stops for good at a newest file without a WAL offset');
});

test('DatabaseReplicator stamps what was never sent with the epoch of the next term', async (t) => {
  const scene = new Scene(t);
  await (await scene.newDatabase()).run(insert(1));
  const first = await startLeased(scene, scene.replica.path, 'a');
  await first.sync();
  // A host that takes the lease and has no database sends nothing.
  const second = await startLeased(new Scene(t), scene.replica.path, 'b');
  await until('it stands by', async () => (await second.status()).state === 'standby');
  process.kill(first.pid, 'SIGSTOP');
  await scene.runAndClose(insert(2));
  await until('it takes over', async () => (await second.status()).lease?.kind === 'held', { timeoutMs: takeOverMs });
  process.kill(first.pid, 'SIGCONT');
  await until('the first one goes on capturing', async () => ((await first.status()).txid ?? 0n) >= 2n);
  assert.deepEqual(scene.replica.txids(), [1], 'and sends nothing');
  await second.stop();
  await first.sync(0, { timeoutMs: takeOverMs });
  await first.stop();
  const { rows, epochs } = await stateOf(scene);
  assert.deepEqual(rows, upToRow(2));
  assert.deepEqual(epochs, [1, ...epochs.slice(1).map(() => 3)]);
});

test('DatabaseReplicator takes a late write of a former holder in, and puts the next TXID right', async (t) => {
  const scene = new Scene(t);
  await (await scene.newDatabase()).run(insert(1));
  const first = await startLeased(scene, scene.replica.path, 'a');
  await first.sync();
  await first.stop();
  // The former holder goes on without a lease, as one that was paused while it sent would.
  const former = cloneHost(t, scene);
  await former.runAndClose("insert into t values (50, 'late')");
  // The new one stands still right before it sends its first file.
  const second = await startLeased(scene, scene.replica.path, 'b', {
    dieAt: { step: 'local-ltx.sync-directory', signal: 'SIGSTOP' },
  });
  await until('it stands still', () => isStopped(second.pid));
  const late = await former.start({ replicas: [scene.replica.path] });
  await late.sync();
  await late.stop();
  assert.deepEqual((await stateOf(scene)).epochs, [1, 1]);
  process.kill(second.pid, 'SIGCONT');
  await scene.runAndClose(insert(2));
  await until('it went on', async () => (await second.sync(0, { timeoutMs: 20_000 })) >= 3n);
  assert.match(second.logs.join('\n'), /a former holder of the lease wrote once more/);
  await second.stop();
  assert.deepEqual((await stateOf(scene)).rows, upToRow(2));
  assert.deepEqual(await scene.replica.column('select id from t order by id', 2), [1, 50], 'it stays history');
  assert.deepEqual((await stateOf(scene)).epochs.slice(0, 3), [1, 1, 2]);
  assert.deepEqual(scene.replica.txids(), upToRow(scene.replica.newest), 'one lineage');
});

test('DatabaseReplicator quarantines what it never shipped before another host went on, and overwrites nothing', async (t) => {
  const scene = new Scene(t);
  await (await scene.newDatabase()).run(insert(1));
  const first = await startLeased(scene, scene.replica.path, 'a');
  await first.sync();
  const other = cloneHost(t, scene);
  const second = await startLeased(other, scene.replica.path, 'b');
  await until('it stands by', async () => (await second.status()).state === 'standby');
  process.kill(first.pid, 'SIGSTOP');
  await scene.runAndClose("insert into t values (50, 'never shipped')");
  await until('the other host takes over', async () => (await second.status()).lease?.kind === 'held', {
    timeoutMs: takeOverMs,
  });
  await other.runAndClose(insert(2));
  await second.sync();
  process.kill(first.pid, 'SIGCONT');
  await until('the first one stands by', async () => (await first.status()).lease?.kind === 'standby');
  await until('it goes on capturing', async () => ((await first.status()).txid ?? 0n) >= 2n);
  await second.stop();
  const before = await stateOf(scene);
  assert.deepEqual(before, { rows: upToRow(2), epochs: [1, 2, 2] });
  const error = await until(
    'the first one is refused',
    async () => {
      const status = await first.status();
      return status.state === 'failed' && status.error;
    },
    { timeoutMs: takeOverMs },
  );
  assert.match(error, /the database has/);
  assert.deepEqual(await stateOf(scene), before);
  const { quarantinePath } = new MetaDirectory(scene.metaPath);
  const [name] = readdirSync(quarantinePath);
  assert.match(name!, /before-epoch-2$/);
  assert.equal(readdirSync(`${quarantinePath}/${name}`).length, 1);
  assert.match(first.logs.join('\n'), /never shipped and another host has gone on/);
  assert.ok(!existsSync(`${scene.metaPath}/ltx/0/0000000000000002-0000000000000002.ltx`));
});

test('a file of a lower epoch behind the first one of the term is taken out of level 0 and kept', async (t) => {
  const scene = new Scene(t);
  await (await scene.newDatabase()).run(insert(1));
  const levels = { ...defaultLevelSettings, intervalsMs: [100], syncRetentionMs: 100, syncRetentionCheckMs: 50 };
  const sidecar = await startLeased(scene, scene.replica.path, 'a', { settings: { syncIntervalMs: 20, levels } });
  await sidecar.sync();
  const stray = scene.replica.read(1);
  stray.writeUInt32BE(0, 72);
  stray.writeBigUInt64BE(40n, 16);
  stray.writeBigUInt64BE(41n, 24);
  const name = '0000000000000028-0000000000000029.ltx';
  writeFileSync(join(scene.replica.path, 'ltx', '0', name), stray);
  for (let id = 2; scene.replica.names().includes(name) && id < 200; id++) {
    await scene.runAndClose(insert(id));
    await sidecar.sync();
  }
  const { quarantinePath } = new MetaDirectory(scene.metaPath);
  assert.deepEqual(readFileSync(join(quarantinePath, 'ltx', '0', name)), stray);
  assert.ok(!scene.replica.names().includes(name));
  await sidecar.stop();
  assert.match(sidecar.logs.join('\n'), /another program wrote to the replica without its lease/);
  assert.equal((await stateOf(scene)).rows.length > 1, true);
});
