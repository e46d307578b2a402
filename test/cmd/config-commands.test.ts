import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import Database from 'better-sqlite3';
import { goldenFolder } from '../support/golden-files.ts';
import { litestream } from '../support/litestream-cli.ts';

const golden = join(goldenFolder, 'basic', 'replica');
let root = '';
let config = '';

/** A config file, one database with a recorded replica, a directory with a database and files that are none. */
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'commands-'));
  config = join(root, 'litestream.yml');
  await mkdir(join(root, 'many/deep'), { recursive: true });
  for (const path of ['app.db', 'many/one.db', 'many/deep/two.db']) {
    const database = new Database(join(root, path));
    database.exec('create table t (x)');
    database.close();
  }
  await writeFile(join(root, 'many/text.db'), 'no database');
  await cp(golden, join(root, 'backup'), { recursive: true });
  await cp(golden, join(root, '.app.db-litestream'), { recursive: true });
  await writeFile(
    config,
    `dbs:
  - path: $ROOT/app.db
    replicas: [{path: $ROOT/backup}, {path: $ROOT/other, name: second}]
  - {dir: $ROOT/many, pattern: "*.db", recursive: true, replica: {path: $ROOT/copies}}
`,
  );
});
after(() => rm(root, { recursive: true }));

const run = (line: string, env: Record<string, string> = {}) =>
  litestream(line.split(' '), { cwd: root, env: { ROOT: root, ...env } });

test('databases lists what the file names and what its directories hold', async () => {
  const [text, json, kept] = await Promise.all([
    run('databases', { LITESTREAM_CONFIG: config }),
    run('databases -json -config litestream.yml'),
    run('databases -json -no-expand-env -config litestream.yml'),
  ]);
  assert.deepEqual([text.code, text.stderr], [0, '']);
  assert.match(text.stdout, /^path +replica +url\n.*app\.db +file +file:.*\/backup\n.*app\.db +file +file:.*\/other\n/);
  assert.deepEqual(
    JSON.parse(json.stdout).map((entry: { path: string; replica: string }) => [entry.path, entry.replica]),
    ['app.db', 'many/deep/two.db', 'many/one.db'].map((path) => [join(root, path), 'file']),
  );
  assert.equal(JSON.parse(json.stdout)[1].replicas[0].url, `file://${root}/copies/deep/two.db`);
  assert.equal(JSON.parse(kept.stdout)[0].path, `${root}/$ROOT/app.db`);
});

test('databases and others fail with 1 for a wrong file, naming line and column', async () => {
  await writeFile(join(root, 'wrong.yml'), 'dbs:\n  - path: a\n    replika: {path: b}\ndashboard:\n  addr: x\n');
  for (const command of ['databases', 'status', 'replicate', 'ltx app.db', 'restore app.db', 'reset app.db']) {
    const { code, stdout, stderr } = await run(`${command} -config wrong.yml`);
    assert.deepEqual([code, stdout], [1, ''], command);
    assert.match(stderr, /wrong\.yml:3:5: dbs\[0\]\.replika is an unknown key, did you mean replica\n/);
    assert.match(stderr, /wrong\.yml:5:9: dashboard\.addr is "x", must be an address such as /);
  }
});

test('ltx lists files by the times in their headers, whatever their modification times are', async () => {
  for (const name of await readdir(join(root, 'backup/ltx/0'))) await utimes(join(root, 'backup/ltx/0', name), 1, 1);
  const [text, json, all, url, second] = await Promise.all([
    run('ltx -config litestream.yml app.db'),
    run('ltx -config litestream.yml -json app.db'),
    run('wal -level all -config litestream.yml -json app.db'),
    run(`ltx -json file://${golden}`),
    run('ltx -json -replica second -config litestream.yml app.db'),
  ]);
  const files = JSON.parse(json.stdout);
  assert.equal(files.length, (await readdir(join(golden, 'ltx/0'))).length);
  assert.match(text.stdout, /^level +min_txid +max_txid +size +created\n +0 {2}[0-9a-f]{16} {2}[0-9a-f]{16}/);
  assert.deepEqual(Object.keys(files[0]), ['level', 'min_txid', 'max_txid', 'size', 'timestamp']);
  for (const file of files) {
    assert.ok(Date.parse(file.timestamp) > Date.parse('2026-01-01'), file.timestamp);
    assert.match(file.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }
  assert.deepEqual(JSON.parse(url.stdout), files);
  assert.deepEqual(JSON.parse(second.stdout), []);
  assert.deepEqual([...new Set(JSON.parse(all.stdout).map((file: { level: number }) => file.level))], [0, 1, 2, 9]);
  assert.match(all.stderr, /the command is called ltx/);
});

test('ltx refuses databases that the file does not list and replicas that the database does not have', async () => {
  const [unlisted, replica, both] = await Promise.all([
    run('ltx -config litestream.yml nothing.db'),
    run('ltx -config litestream.yml -replica third app.db'),
    run(`ltx -config litestream.yml file://${golden}`),
  ]);
  assert.match(unlisted.stderr, /Cannot find database .*nothing\.db: config .*litestream\.yml does not list it/);
  assert.match(replica.stderr, /has no replica third\nHint: its replicas are file, second/);
  assert.match(both.stderr, /Cannot use -config with the replica URL/);
  assert.deepEqual([unlisted.code, replica.code, both.code], [2, 2, 2]);
});

test('a database without a config file is looked for where replicate without a URL copies it to', async () => {
  await cp(golden, join(root, 'lone.db-replica'), { recursive: true });
  const [beside, variable] = await Promise.all([
    run('ltx -json lone.db'),
    run('ltx -json elsewhere.db', { LITESTREAM_REPLICA_URL: `file://${golden}` }),
  ]);
  assert.ok(JSON.parse(beside.stdout).length > 0);
  assert.deepEqual(JSON.parse(variable.stdout), JSON.parse(beside.stdout));
});

test('status shows how far database and replicas are', async () => {
  const [text, json, one] = await Promise.all([
    run('status -config litestream.yml'),
    run('status -config litestream.yml -json'),
    run('status -config litestream.yml -json app.db'),
  ]);
  const [app, , other] = JSON.parse(json.stdout);
  const { age_seconds: age, ...rest } = app;
  assert.match(text.stdout, /^database +status +local txid +wal size +replica +replica txid +shipped +age\n/);
  assert.equal(text.stdout.split('\n').length, 6);
  const newest = (await readdir(join(golden, 'ltx/0'))).sort().at(-1)!.slice(17, 33);
  assert.deepEqual(
    [rest.database, rest.status, rest.local_txid, rest.wal_size, rest.replica_txid],
    [join(root, 'app.db'), 'ok', newest, '0 B', newest],
  );
  assert.ok(Math.abs(Date.parse(rest.shipped_at) + age * 1000 - Date.now()) < 60_000);
  assert.deepEqual(rest.replicas[1], { name: 'second', url: `file://${root}/other` });
  assert.deepEqual([other.status, other.local_txid, 'replica_txid' in other], ['not initialized', '-', false]);
  assert.equal(JSON.parse(one.stdout).length, 1);
});

test('status -max-age fails with 1 when the newest shipped moment is older or unknown', async () => {
  const [fine, late, unknown, gone] = await Promise.all([
    run('status -max-age 876000h -config litestream.yml app.db'),
    run('status -max-age 1ms -config litestream.yml app.db'),
    run('status -max-age 876000h -config litestream.yml'),
    run('status -max-age 1h gone.db'),
  ]);
  assert.deepEqual([fine.code, late.code, unknown.code, gone.code], [0, 1, 1, 1]);
  assert.match(late.stderr, /app\.db: newest shipped moment is .* old, more than 1ms\n$/);
  assert.match(unknown.stderr, /many\/one\.db: nothing shipped is known, replica file holds nothing\n$/);
  assert.match(gone.stdout, /gone\.db +no database/);
});

test('status shows a damaged replica as such', async () => {
  await mkdir(join(root, 'damaged/ltx/0'), { recursive: true });
  await writeFile(join(root, 'damaged/ltx/0/0000000000000001-0000000000000001.ltx'), 'x');
  const { code, stdout } = await run('status -json -max-age 876000h app.db', {
    LITESTREAM_REPLICA_URL: `file://${root}/damaged`,
  });
  assert.equal(code, 1);
  assert.match(JSON.parse(stdout)[0].replicas[0].error, /Cannot read ltx\/0\/0000000000000001-0000000000000001\.ltx/);
});

test('reset removes the local state and nothing else', async () => {
  const meta = join(root, '.app.db-litestream');
  await writeFile(join(meta, 'position.json'), '{}');
  await writeFile(join(meta, 'lock.db'), '');
  const dry = await run('reset -dry-run -config litestream.yml app.db');
  assert.deepEqual([dry.code, dry.stderr], [0, '']);
  assert.match(dry.stdout, /position\.json\n/);
  assert.match(dry.stdout, /ltx\/0\/0000000000000001-0000000000000001\.ltx\n/);
  assert.doesNotMatch(dry.stdout, /lock\.db/);
  assert.deepEqual((await readdir(meta)).sort(), ['lock.db', 'ltx', 'position.json']);
  const before = await stat(join(root, 'app.db'));
  const done = await run('reset -config litestream.yml app.db');
  assert.match(done.stdout, /^Removed the local state of .*app\.db/);
  assert.deepEqual(await readdir(meta), ['lock.db']);
  assert.equal((await stat(join(root, 'app.db'))).mtimeMs, before.mtimeMs);
  const again = await run('reset -config litestream.yml app.db');
  assert.deepEqual([again.code, /holds none/.test(again.stdout)], [0, true]);
  await cp(golden, meta, { recursive: true });
});

test('reset leaves strange files in a meta path of an unusual name alone', async () => {
  await mkdir(join(root, 'state/ltx/0'), { recursive: true });
  await writeFile(join(root, 'state/precious.txt'), 'x');
  await writeFile(join(root, 'meta.yml'), 'dbs: [{path: app.db, meta-path: state, replica: {path: backup}}]');
  assert.equal((await run('reset -config meta.yml app.db')).code, 0);
  assert.deepEqual(await readdir(join(root, 'state')), ['lock.db', 'precious.txt']);
});

test('reset fails for a database that does not exist', async () => {
  const { code, stderr } = await run('reset gone.db');
  assert.deepEqual([code, stderr], [1, `Error: Cannot reset ${root}/gone.db: the database does not exist\n`]);
});

test('status and reset ask for a database where they are given a replica', async () => {
  for (const command of ['status', 'reset']) {
    const { code, stdout, stderr } = await run(`${command} s3://bucket/app`);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^Error: Cannot use s3:\/\/bucket\/app: it is a replica URL, and .* asked for\nHint: .*\n$/);
  }
});
