import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Scene, upToRow } from '../scene.ts';
import { until } from '../until.ts';

/** Runs the sidecar as a user who owns nothing. */
const asNobody = 'process.setgid(65534); process.setuid(65534);';

test('DatabaseReplicator waits for a database to appear, and leaves a zero-byte file alone', async (t) => {
  const scene = new Scene(t);
  const sidecar = await scene.start();
  assert.equal((await sidecar.status()).state, 'waiting');
  writeFileSync(scene.path, '');
  await until('the empty file is noticed', async () => (await sidecar.status()).state === 'waiting');
  const application = await scene.application('pragma page_size = 16384', 'pragma auto_vacuum = full');
  await application.run(
    'pragma journal_mode = wal',
    'create table t (id integer primary key)',
    'insert into t values (1)',
  );
  await sidecar.sync();
  assert.deepEqual(await application.run('pragma page_size'), [[16384]]);
  assert.equal(scene.replica.header(1).pageSizeBytes, 16384);
  assert.deepEqual(await scene.replica.column('select auto_vacuum from pragma_auto_vacuum'), [1]);
  assert.deepEqual(await scene.replica.column('select id from t'), [1]);
});

test('DatabaseReplicator goes on with what replaced the file while it was attached', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  await application.run(...[1, 2, 3].map((id) => `insert into t values (${id}, randomblob(5000))`));
  const sidecar = await scene.start();
  await sidecar.sync();
  await application.kill();
  const other = new Scene(t);
  await other.runAndClose(
    'pragma journal_mode = wal',
    'create table t (id integer primary key, x)',
    "insert into t values (7, 'other')",
  );
  writeFileSync(`${scene.path}.new`, readFileSync(other.path));
  renameSync(`${scene.path}.new`, scene.path);
  for (const suffix of ['-wal', '-shm']) rmSync(scene.path + suffix);
  await until('the other database is in the replica', async () => {
    const [id] = await scene.replica.column('select max(id) from t');
    return id === 7;
  });
  assert.deepEqual(await scene.replica.column('select id from t', 1), [1, 2, 3]);
  assert.deepEqual(scene.replica.txids(), upToRow(scene.replica.newest));
  const next = await scene.application("insert into t values (8, 'more')");
  await sidecar.sync();
  assert.deepEqual(await scene.replica.column('select id from t'), [7, 8]);
  await next.close();
});

test('DatabaseReplicator goes on when a database is removed and made anew', async (t) => {
  const scene = new Scene(t);
  await scene.runAndClose('pragma journal_mode = wal', 'create table old (x)');
  const sidecar = await scene.start();
  await sidecar.sync();
  for (const suffix of ['', '-wal', '-shm']) rmSync(scene.path + suffix);
  await until('it is missed', async () => (await sidecar.status()).state === 'waiting');
  const application = await scene.newDatabase();
  await application.run("insert into t values (1, 'new')");
  await until('the new database is in the replica', async () => {
    const tables = await scene.replica.column("select name from sqlite_schema where type = 'table'");
    return tables.includes('t');
  });
});

test('DatabaseReplicator says that a database is in EXCLUSIVE locking mode and goes on when that ends', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase();
  await application.run('pragma locking_mode = exclusive', "insert into t values (1, 'x')");
  const sidecar = await scene.start();
  const error = await until('the error shows', async () => (await sidecar.status()).error);
  assert.match(error, /holds it in EXCLUSIVE mode/);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(sidecar.logs.filter((line) => line.includes('EXCLUSIVE')).length, 1, 'said once');
  await application.run('pragma locking_mode = normal', "insert into t values (2, 'y')");
  await sidecar.sync();
  assert.deepEqual(await scene.replica.column('select id from t'), [1, 2]);
  assert.equal((await sidecar.status()).error, undefined);
});

test('DatabaseReplicator switches a rollback-journal database to WAL, and says so', async (t) => {
  const scene = new Scene(t);
  const application = await scene.application('create table t (id integer primary key)', 'insert into t values (1)');
  const sidecar = await scene.start();
  await sidecar.sync();
  assert.match(sidecar.logs.join('\n'), /switched the database from rollback-journal to WAL mode/);
  await application.run('insert into t values (2)');
  await sidecar.sync();
  assert.deepEqual(await application.run('pragma journal_mode'), [['wal']]);
  assert.deepEqual(await scene.replica.column('select id from t'), [1, 2]);
});

test('DatabaseReplicator leaves the journal mode alone where it is told to, until the application changes it', async (t) => {
  const scene = new Scene(t);
  const application = await scene.application('create table t (id integer primary key)', 'insert into t values (1)');
  const before = readFileSync(scene.path);
  const sidecar = await scene.start({ settings: { switchToWal: false } });
  const error = await until('the error shows', async () => (await sidecar.status()).error);
  assert.match(error, /rollback-journal mode/);
  assert.ok(readFileSync(scene.path).equals(before));
  await application.run('pragma journal_mode = wal', 'insert into t values (2)');
  await sidecar.sync();
  assert.deepEqual(await scene.replica.column('select id from t'), [1, 2]);
});

test('DatabaseReplicator cannot switch a database to WAL while a transaction is open, and does so after it', async (t) => {
  const scene = new Scene(t);
  const application = await scene.application('create table t (id integer primary key)');
  await application.run('begin immediate', 'insert into t values (1)');
  const sidecar = await scene.start();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal((await sidecar.status()).state, 'waiting');
  await application.run('commit');
  await sidecar.sync();
  assert.deepEqual(await scene.replica.column('select id from t'), [1]);
});

test('DatabaseReplicator refuses what is not a database, and takes the database that comes in its place', async (t) => {
  const scene = new Scene(t);
  writeFileSync(scene.path, Buffer.alloc(4096, 'encrypted'));
  const sidecar = await scene.start();
  const error = await until('the error shows', async () => (await sidecar.status()).error);
  assert.match(error, /not a SQLite database, or an encrypted one/);
  rmSync(scene.path);
  const application = await scene.newDatabase();
  await application.run("insert into t values (1, 'x')");
  await sidecar.sync();
  assert.deepEqual(await scene.replica.column('select id from t'), [1]);
});

test('DatabaseReplicator says that it may not write a database, and goes on when it may', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can become another user');
  const scene = new Scene(t);
  chmodSync(scene.folder, 0o777);
  await scene.runAndClose(
    'pragma journal_mode = wal',
    'create table t (id integer primary key)',
    'insert into t values (1)',
  );
  chmodSync(scene.path, 0o444);
  mkdirSync(scene.replica.path);
  chownSync(scene.replica.path, 65534, 65534);
  const sidecar = await scene.start({ before: asNobody });
  const error = await until('the error shows', async () => (await sidecar.status()).error);
  assert.match(error, /no permission to write/);
  chmodSync(scene.path, 0o666);
  await sidecar.sync();
  assert.deepEqual(await scene.replica.column('select id from t'), [1]);
});

test('DatabaseReplicator replicates a database that carries the tables of Litestream', async (t) => {
  const scene = new Scene(t);
  const application = await scene.newDatabase(
    'create table _litestream_seq (id integer primary key, seq integer)',
    'create table _litestream_lock (id integer)',
    'insert into _litestream_seq values (1, 41)',
  );
  const sidecar = await scene.start({ settings: { minCheckpointPageCount: 10 } });
  await sidecar.sync();
  for (let id = 1; id <= 30; id++) await application.run(`insert into t values (${id}, randomblob(5000))`);
  await sidecar.sync();
  assert.deepEqual(await application.run('select * from _litestream_seq'), [[1, 41]]);
  assert.deepEqual(await scene.replica.column('select seq from _litestream_seq'), [41]);
  assert.deepEqual(await scene.replica.column('select id from t'), upToRow(30));
});
