import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sidecar } from '../../support/sidecar.ts';
import { ReplicaFiles } from '../replica-files.ts';
import { Scene, upToRow } from '../scene.ts';
import { mountSmallFileSystem } from '../small-file-system.ts';
import { until } from '../until.ts';

const asNobody = 'process.setgid(65534); process.setuid(65534);';
const insert = (id: number, bytes = 3000) => `insert into t values (${id}, randomblob(${bytes}))`;

function count(sidecar: Sidecar, words: string): number {
  return sidecar.logs.filter((line) => line.includes(words)).length;
}

const downWords = 'replica does not accept files';
const upWords = 'replica accepts files again';

async function assertCaughtUp(scene: Scene, sidecar: Sidecar, rows: number): Promise<void> {
  await until(
    'the replica has everything',
    async () => {
      if (scene.replica.newest === 0) return false;
      const ids = await scene.replica.column('select id from t');
      return ids.length === rows;
    },
    { everyMs: 50, timeoutMs: 20_000 },
  );
  await until('that is said', () => count(sidecar, upWords) === 1);
  assert.equal(count(sidecar, downWords), 1, 'said once');
  for (const txid of scene.replica.txids()) {
    const ids = await scene.replica.column('select id from t', txid);
    assert.deepEqual(ids, upToRow(ids.length), `TXID ${txid}`);
  }
}

test('DatabaseReplicator keeps one growing file while its only replica cannot be written, and ships it later', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can become another user');
  const scene = new Scene(t);
  chmodSync(scene.folder, 0o777);
  const application = await scene.newDatabase();
  for (const suffix of ['', '-wal', '-shm']) chmodSync(scene.path + suffix, 0o666);
  mkdirSync(scene.replica.path);
  chownSync(scene.replica.path, 65534, 65534);
  const sidecar = await scene.start({ before: asNobody });
  await sidecar.sync();
  const levelPath = join(scene.replica.path, 'ltx', '0');
  chmodSync(levelPath, 0o555);
  const shipped = scene.replica.newest;
  for (let id = 1; id <= 12; id++) {
    const before = (await sidecar.status()).timestampMs ?? 0;
    await application.run(insert(id));
    await until('it is in a local file', async () => ((await sidecar.status()).timestampMs ?? 0) > before);
    if (id === 1) await until('it is down', async () => (await sidecar.status()).replicas[0]?.state === 'down');
  }
  const status = await sidecar.status();
  assert.equal(scene.replica.newest, shipped);
  // The first was attempted before the failure was known; all others share one file.
  assert.equal(Number(status.txid), shipped + 2);
  assert.match(status.replicas[0]?.error ?? '', /permission|EACCES/i);
  chmodSync(levelPath, 0o755);
  await assertCaughtUp(scene, sidecar, 12);
});

test('DatabaseReplicator goes on when the directory of its replica is gone and comes back', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  const sidecar = await scene.start();
  await sidecar.sync();
  const away = `${scene.replica.path}-away`;
  renameSync(scene.replica.path, away);
  writeFileSync(scene.replica.path, 'not a directory'); // as a mount point that leads nowhere
  for (let id = 1; id <= 5; id++) {
    await application.run(insert(id));
    if (id === 1) await until('it is down', async () => (await sidecar.status()).replicas[0]?.state === 'down');
  }
  await delay(100);
  rmSync(scene.replica.path);
  renameSync(away, scene.replica.path);
  await assertCaughtUp(scene, sidecar, 5);
});

test('DatabaseReplicator gets over a full disk under its replica', async (t) => {
  const scene = new Scene(t);
  if (!mountSmallFileSystem(t, scene.replica.path)) return;
  const filler = join(scene.replica.path, 'filler');
  const application = await scene.newDatabase();
  const sidecar = await scene.start();
  await sidecar.sync();
  writeFileSync(filler, Buffer.alloc(statFree(scene.replica.path)));
  for (let id = 1; id <= 6; id++) {
    await application.run(insert(id, 9000));
    if (id === 1) await until('it is down', async () => (await sidecar.status()).replicas[0]?.state === 'down');
  }
  assert.deepEqual(
    readdirSync(join(scene.replica.path, 'ltx', '0')).filter((name) => !name.endsWith('.ltx')),
    [],
  );
  rmSync(filler);
  await assertCaughtUp(scene, sidecar, 6);
});

/** What is left but for one page, in bytes. */
function statFree(path: string): number {
  return (
    512 * 1024 -
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + Math.ceil(statSync(join(entry.parentPath, entry.name)).size / 4096) * 4096, 0) -
    4096
  );
}

test('DatabaseReplicator gets over a full disk under its local files', async (t) => {
  const scene = new Scene(t);
  if (!mountSmallFileSystem(t, scene.metaPath)) return;
  const application = await scene.newDatabase();
  const sidecar = await scene.start();
  await sidecar.sync();
  const filler = join(scene.metaPath, 'filler');
  writeFileSync(filler, Buffer.alloc(statFree(scene.metaPath)));
  for (let id = 1; id <= 6; id++) {
    await application.run(insert(id, 9000));
    if (id === 1) await until('the error shows', async () => (await sidecar.status()).error);
  }
  await delay(200);
  assert.equal(count(sidecar, 'cannot write local files'), 1, sidecar.logs.join('\n'));
  rmSync(filler);
  await until(
    'the replica has everything',
    async () => {
      const ids = await scene.replica.column('select id from t');
      return ids.length === 6;
    },
    { everyMs: 50, timeoutMs: 20_000 },
  );
  assert.equal(count(sidecar, 'local files can be written again'), 1);
  assert.equal((await sidecar.status()).error, undefined);
  assert.equal(count(sidecar, 'position in the WAL is lost'), 0);
});

test('DatabaseReplicator gives each replica its own pace', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  const paths = ['a', 'b', 'c'].map((name) => join(scene.folder, name));
  const replicas = paths.map((path) => new ReplicaFiles(path, scene.folder));
  const sidecar = await scene.start({ replicas: paths });
  await sidecar.sync();
  renameSync(paths[1]!, `${paths[1]}-away`);
  writeFileSync(paths[1]!, '');
  for (let id = 1; id <= 5; id++) {
    await application.run(insert(id));
    await sidecar.sync();
  }
  const states = (await sidecar.status()).replicas;
  assert.deepEqual(
    states.map(({ state }) => state),
    ['current', 'down', 'current'],
  );
  assert.ok(states[1]!.txid! < states[0]!.txid!);
  assert.deepEqual(replicas[0]!.txids(), replicas[2]!.txids());
  assert.ok(replicas[0]!.newest >= 6, 'a replica that lags alone gets every file');
  rmSync(paths[1]!);
  renameSync(`${paths[1]}-away`, paths[1]!);
  await until('the second has everything', () => replicas[1]!.newest === replicas[0]!.newest, { timeoutMs: 20_000 });
  for (const replica of replicas) {
    assert.deepEqual(replica.txids(), replicas[0]!.txids());
    assert.deepEqual(await replica.column('select id from t'), upToRow(5));
  }
});
