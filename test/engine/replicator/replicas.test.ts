import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ReplicaFiles } from '../replica-files.ts';
import { Scene, upToRow } from '../scene.ts';
import { until } from '../until.ts';

const insert = (id: number, bytes = 3000) => `insert into t values (${id}, randomblob(${bytes}))`;

/** Every file below a directory with its bytes. */
function filesOf(path: string): Map<string, string> {
  const entries = existsSync(path) ? readdirSync(path, { recursive: true, withFileTypes: true }) : [];
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((name) => [name, readFileSync(name).toString('base64')]),
  );
}

/** A database with five commits in its replica; nobody is attached any more. */
async function replicated(scene: Scene): Promise<void> {
  const application = await scene.newDatabase();
  const sidecar = await scene.start();
  await sidecar.sync();
  for (let id = 1; id <= 5; id++) {
    await application.run(insert(id));
    await sidecar.sync();
  }
  await sidecar.stop();
  await application.close();
}

test('DatabaseReplicator gives a new replica the files of the others, byte for byte', async (t) => {
  const scene = new Scene(t);
  await replicated(scene);
  const second = new ReplicaFiles(join(scene.folder, 'second'), scene.folder);
  const sidecar = await scene.start({ replicas: [scene.replica.path, second.path] });
  await scene.runAndClose(insert(6));
  await sidecar.sync();
  await until('the new replica is current', () => second.newest === scene.replica.newest);
  assert.deepEqual(second.txids(), scene.replica.txids());
  for (const txid of second.txids()) {
    assert.ok(second.read(txid).equals(scene.replica.read(txid)), `TXID ${txid}`);
    assert.deepEqual(await second.column('select id from t', txid), upToRow(txid - 1));
  }
});

test('DatabaseReplicator begins a new replica with a snapshot where no other one has the files', async (t) => {
  const scene = new Scene(t);
  const settings = { syncIntervalMs: 1 };
  const application = await scene.newDatabase();
  const sidecar = await scene.start({ settings });
  for (let id = 1; id <= 5; id++) {
    await application.run(insert(id));
    await sidecar.sync();
  }
  await sidecar.stop();
  // What is left locally begins after TXID 1.
  rmSync(join(scene.metaPath, 'ltx', '0', '0000000000000001-0000000000000001.ltx'));
  const other = new ReplicaFiles(join(scene.folder, 'other'), scene.folder);
  const again = await scene.start({ replicas: [other.path] });
  await application.run(insert(6));
  const txid = Number(await again.sync());
  await until('the new replica is current', () => other.newest === txid);
  assert.equal(other.names(9).length, 1);
  await application.run(insert(7));
  await again.sync();
  await again.stop();
  assert.deepEqual(await other.column('select id from t'), upToRow(7));
  const newest = other.newest;
  assert.deepEqual(await other.column('select id from t', newest - 1), upToRow(6));
  assert.deepEqual(readdirSync(join(scene.metaPath, 'ltx', '9')), [], 'the local copy goes');
});

test('DatabaseReplicator refuses a database that its replica knows nothing of, and overwrites nothing', async (t) => {
  const scene = new Scene(t);
  await replicated(scene);
  const before = filesOf(scene.replica.path);
  const other = new Scene(t);
  const application = await other.newDatabase();
  await application.run(insert(1), insert(2));
  const sidecar = await other.start({ replicas: [scene.replica.path] });
  const error = await until('the error shows', async () => (await sidecar.status()).error);
  assert.match(error, /its replica is at TXID 0000000000000006 with database checksum [0-9a-f]{16}, the database has/);
  assert.equal((await sidecar.status()).state, 'failed');
  assert.match(sidecar.logs.join('\n'), /hint=restore the database from the replica first.*-adopt/);
  await assert.rejects(sidecar.sync(0, { timeoutMs: 300 }), /Cannot sync/);
  await application.run(insert(3));
  await sidecar.stop();
  assert.deepEqual(filesOf(scene.replica.path), before);
  assert.equal(sidecar.logs.filter((line) => line.startsWith('error')).length, 1, 'said once');
});

test('DatabaseReplicator refuses an earlier state of the database, and goes on with it when told to adopt it', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  await application.run(insert(1), insert(2), 'pragma wal_checkpoint(truncate)');
  const lastNight = join(scene.folder, 'last-night.db');
  cpSync(scene.path, lastNight);
  const sidecar = await scene.start();
  await sidecar.sync();
  await application.run(insert(3));
  const newest = Number(await sidecar.sync());
  await sidecar.stop();
  await application.close();
  rmSync(scene.metaPath, { recursive: true });
  cpSync(lastNight, scene.path);
  const refused = await scene.start();
  await until('it is refused', async () => (await refused.status()).state === 'failed');
  await refused.stop();
  assert.equal(scene.replica.newest, newest);
  const adopting = await scene.start({ settings: { adopt: true } });
  assert.equal(Number(await adopting.sync()), newest + 1);
  assert.deepEqual(await scene.replica.column('select id from t', newest), [1, 2, 3]);
  assert.deepEqual(await scene.replica.column('select id from t', newest + 1), [1, 2]);
  assert.ok(scene.replica.pgnos(newest + 1).length < scene.replica.header(newest + 1).commit, 'a diff, not everything');
});

test('DatabaseReplicator goes on without local files where the database equals the newest state of its replica', async (t) => {
  const scene = new Scene(t);
  await replicated(scene);
  rmSync(scene.metaPath, { recursive: true });
  const { newest } = scene.replica;
  const sidecar = await scene.start();
  await until('it is attached', async () => (await sidecar.status()).state === 'replicating');
  assert.match(sidecar.logs.join('\n'), /the database equals the replica/);
  await scene.runAndClose(insert(6));
  assert.equal(Number(await sidecar.sync()), newest + 1);
  assert.ok(scene.replica.pgnos(newest + 1).length < scene.replica.header(newest + 1).commit);
  await sidecar.stop();
  const again = await scene.start();
  await again.sync();
  assert.equal(scene.replica.newest, newest + 1);
  for (const txid of scene.replica.txids()) {
    assert.deepEqual(await scene.replica.column('select id from t', txid), upToRow(txid - 1), `TXID ${txid}`);
  }
});

test('DatabaseReplicator stops one replica that somebody else has written, and ships to the others', async (t) => {
  const scene = new Scene(t);
  await replicated(scene);
  const second = new ReplicaFiles(join(scene.folder, 'second'), scene.folder);
  cpSync(scene.replica.path, second.path, { recursive: true });
  const theirs = new Scene(t);
  cpSync(scene.replica.path, theirs.replica.path, { recursive: true });
  cpSync(scene.path, theirs.path);
  cpSync(scene.metaPath, theirs.metaPath, { recursive: true });
  const stranger = await theirs.start({ replicas: [second.path] });
  await theirs.runAndClose("insert into t values (6, 'theirs')");
  await stranger.sync();
  await stranger.stop();
  const before = filesOf(second.path);
  const sidecar = await scene.start({ replicas: [scene.replica.path, second.path] });
  await until('it is attached or refused', async () =>
    ['replicating', 'failed'].includes((await sidecar.status()).state),
  );
  await scene.runAndClose(insert(6));
  await sidecar.sync(0, { timeoutMs: 500 }).catch(() => {});
  assert.deepEqual(filesOf(second.path), before, 'nothing is overwritten');
  const { state, error, replicas } = await sidecar.status();
  assert.match(state === 'failed' ? (error ?? '') : (replicas[1]?.error ?? ''), /another|Cannot replicate/);
});

test('Housekeeping removes local files that every replica has, but for what continuity needs', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  const paths = [scene.replica.path, join(scene.folder, 'second')];
  const sidecar = await scene.start({ replicas: paths });
  for (let id = 1; id <= 40; id++) {
    await application.run(insert(id, 20_000));
    await sidecar.sync();
  }
  const local = () => readdirSync(join(scene.metaPath, 'ltx', '0')).length;
  await until('most local files are gone', () => local() < scene.replica.newest / 2);
  assert.ok(local() >= 1);
  assert.deepEqual(scene.replica.txids(), upToRow(scene.replica.newest));
  await sidecar.kill();
  await application.run(insert(41));
  await application.close();
  const again = await scene.start({ replicas: paths });
  const txid = Number(await again.sync());
  assert.ok(
    scene.replica.pgnos(txid).length < scene.replica.header(txid).commit / 2,
    'what is kept is enough for a diff',
  );
  assert.deepEqual(await scene.replica.column('select id from t'), upToRow(41));
});

test('Housekeeping keeps local files that one replica lacks', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  const sidecar = await scene.start({ replicas: [scene.replica.path, '/dev/null/never'] });
  for (let id = 1; id <= 20; id++) {
    await application.run(insert(id));
    await sidecar.sync();
  }
  const local = readdirSync(join(scene.metaPath, 'ltx', '0')).filter((name) => name.endsWith('.ltx'));
  assert.deepEqual(local.sort(), scene.replica.names());
});
