import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { MetaDirectory } from '../../src/engine/meta/meta-directory.ts';
import { readRestoreMarker } from '../../src/engine/meta/restore-marker.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { goldenCases } from '../golden/golden-case.ts';
import { litestream } from '../support/litestream-cli.ts';

const { folder: replica, points, files } = goldenCases().find(({ name }) => name === 'basic')!;
const url = `file://${replica}`;
const newest = points.at(-1)!;

test('restore writes the database and its marker, says what it did and leaves stdout to the result', async (t) => {
  const cwd = temporaryFolder(t);
  const { code, stdout, stderr } = await litestream(['restore', '-o', 'app.db', url], { cwd });
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    new RegExp(`^Restored ${cwd}/app\\.db: TXID 0{15}f of 2026-.*Z, 49 kB in \\d+ms, verified by .*\n$`),
  );
  assert.match(stderr, /^time=.* level=INFO msg=restoring db=\S+ replica=file txid=0{15}f files=\d+ bytes=\d+\n$/);
  assert.deepEqual(readdirSync(cwd).sort(), ['.app.db-litestream', 'app.db']);
  const marker = await readRestoreMarker(new MetaDirectory(join(cwd, '.app.db-litestream')));
  assert.equal(marker?.txid, newest.txid);
  const database = new Database(join(cwd, 'app.db'));
  assert.equal(database.pragma('journal_mode', { simple: true }), 'wal');
  assert.equal(database.pragma('integrity_check', { simple: true }), 'ok');
  database.close();
});

test('restore -json prints the summary, restore -dry-run -json the plan, with the fields of Litestream', async (t) => {
  const cwd = temporaryFolder(t);
  const run = (...args: string[]) => litestream(['restore', '-json', '-o', 'app.db', ...args, url], { cwd });
  const planned = await run('-dry-run');
  assert.deepEqual(readdirSync(cwd), []);
  const plan = JSON.parse(planned.stdout);
  assert.deepEqual(Object.keys(plan), ['source', 'target_path', 'replica', 'min_txid', 'max_txid', 'files']);
  assert.deepEqual(Object.keys(plan.files[0]), ['level', 'name', 'min_txid', 'max_txid', 'size', 'timestamp']);
  assert.deepEqual([plan.source, plan.target_path, plan.replica], [url, join(cwd, 'app.db'), 'file']);
  assert.deepEqual([plan.min_txid, plan.max_txid], ['0000000000000001', '000000000000000f']);
  const known = files.map(({ level, bytes, path }) => [level, path.replace(/.*\//, ''), bytes.length].join());
  for (const file of plan.files) assert(known.includes([file.level, file.name, file.size].join()));
  const done = await run('-integrity-check', 'full');
  const { duration_ms: durationMs, timestamp, size, verified_by: verifiedBy, ...summary } = JSON.parse(done.stdout);
  assert.deepEqual(summary, {
    db_path: join(cwd, 'app.db'),
    replica: 'file',
    txid: '000000000000000f',
    integrity_check: 'full',
  });
  assert.deepEqual([Number.isInteger(durationMs), size, verifiedBy], [true, 49152, 'file-checksums']);
  assert.match(timestamp, /^2026-.*Z$/);
});

test('restore -dry-run prints a plan for people', async (t) => {
  const cwd = temporaryFolder(t);
  const { stdout } = await litestream(['restore', '-dry-run', '-o', 'app.db', url], { cwd });
  assert.match(
    stdout,
    /^Restore plan:\n {2}source: file:.*\n {2}target: .*app\.db\n {2}replica: file, file:.*\n {2}txid range: /,
  );
  assert.match(stdout, /\nFiles to fetch:\nlevel +file +min_txid +max_txid +size +timestamp\n +\d+ +[0-9a-f-]+\.ltx /);
});

test('restore to a TXID or a time inside a file takes the state before it, with -exact it fails', async (t) => {
  const cwd = temporaryFolder(t);
  for (const { level, path, bytes } of files) {
    if (level === 0) continue;
    mkdirSync(join(cwd, 'replica', `ltx/${level}`), { recursive: true });
    writeFileSync(join(cwd, 'replica', path), bytes);
  }
  const ends = new Set(files.filter(({ level }) => level > 0).map(({ maxTxid }) => maxTxid));
  const between = points.find(({ txid }) => txid > 2n && !ends.has(txid))!;
  const txid = between.txid.toString(16).padStart(16, '0');
  const time = new Date(between.timestampMs).toISOString();
  const run = (name: string, ...args: string[]) =>
    litestream(['restore', ...args, '-o', name, `file://${cwd}/replica`], { cwd });
  const [byTxid, byTime, exactTxid, exactTime] = await Promise.all([
    run('a.db', '-txid', txid),
    run('b.db', '-timestamp', time),
    run('c.db', '-exact', '-txid', txid),
    run('d.db', '-exact', '-timestamp', time),
  ]);
  for (const { code, stderr } of [byTxid, byTime]) {
    assert.equal(code, 0, stderr);
    assert.match(stderr, /level=WARN msg=".* lies inside level \d file .*; the newest state before it is TXID /);
  }
  assert.match(byTime.stderr, new RegExp(`^Restoring to ${time}\n`));
  for (const { code, stderr } of [exactTxid, exactTime]) {
    assert.equal(code, 1);
    assert.match(stderr, /Error: Cannot restore .* exactly: it lies inside level \d file /);
  }
  assert.deepEqual([existsSync(join(cwd, 'c.db')), existsSync(join(cwd, 'd.db'))], [false, false]);
});

test('restore leaves what exists alone unless it is told otherwise', async (t) => {
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, 'app.db'), 'old', { mode: 0o640 });
  writeFileSync(join(cwd, 'app.db-wal'), 'old');
  const run = (...args: string[]) => litestream(['restore', '-o', 'app.db', ...args, url], { cwd });
  const plain = await run();
  assert.deepEqual([plain.code, plain.stdout], [1, '']);
  assert.match(plain.stderr, /Error: Cannot restore to .*app\.db: it exists\nHint: .*-force/);
  for (const flags of [['-if-db-not-exists'], ['-if-db-not-exists', '-force']]) {
    const kept = await run(...flags);
    assert.deepEqual([kept.code, kept.stdout], [0, '']);
    assert.match(kept.stderr, /msg="database already exists, skipping"/);
    assert.equal(statSync(join(cwd, 'app.db')).size, 3);
  }
  assert.equal((await run('-force')).code, 0);
  assert.equal(statSync(join(cwd, 'app.db')).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(cwd).sort(), ['.app.db-litestream', 'app.db']);
});

test('restore without a backup fails with 1, with -if-replica-exists it is fine', async (t) => {
  const cwd = temporaryFolder(t);
  const [plain, fine] = await Promise.all([
    litestream(['restore', 'app.db'], { cwd }),
    litestream(['restore', '-if-replica-exists', 'app.db'], { cwd }),
  ]);
  assert.deepEqual([plain.code, fine.code, plain.stdout + fine.stdout], [1, 0, '']);
  assert.match(plain.stderr, /Cannot restore from file:.*app\.db-replica: there are no LTX files/);
  assert.match(fine.stderr, /msg="no matching backups found"/);
  assert.deepEqual(readdirSync(cwd), []);
});

test('restore -check proves that a backup can be restored and leaves nothing', async (t) => {
  const cwd = temporaryFolder(t);
  const run = (...args: string[]) => litestream(['restore', '-check', ...args], { cwd, env: { TMPDIR: cwd } });
  const text = await run('-integrity-check', 'quick', url);
  assert.match(
    text.stdout,
    /^file:.* can be restored: TXID 0{15}f of .*Z, 49 kB in \d+ms, verified by .* quick check\n$/,
  );
  const json = JSON.parse((await run('-json', url)).stdout);
  assert.deepEqual([json.txid, json.checked_only], ['000000000000000f', true]);
  assert.deepEqual(readdirSync(cwd), []);
});

test('restore of a configured database reads the best replica and leaves the marker where the config wants it', async (t) => {
  const cwd = temporaryFolder(t);
  const config = `dbs: [{path: app.db, meta-path: state, replicas: [{path: gone/empty, name: one}, {path: ${replica}, name: two}]}]`;
  writeFileSync(join(cwd, 'litestream.yml'), config);
  const run = (...args: string[]) => litestream(['restore', '-config', 'litestream.yml', ...args], { cwd });
  const best = await run('app.db');
  assert.equal(best.code, 0, best.stderr);
  assert.match(best.stderr, /replica=two/);
  assert.deepEqual(readdirSync(cwd).sort(), ['app.db', 'litestream.yml', 'state']);
  assert.equal((await readRestoreMarker(new MetaDirectory(join(cwd, 'state'))))?.txid, newest.txid);
  const other = await litestream(['restore', '-force', '-o', 'app.db', url], {
    cwd,
    env: { LITESTREAM_CONFIG: 'litestream.yml' },
  });
  assert.equal(other.code, 0, other.stderr);
  assert.equal(existsSync(join(cwd, '.app.db-litestream')), false);
  const named = await run('-replica', 'one', '-o', 'copy.db', 'app.db');
  assert.match(named.stderr, /Cannot restore from file:.*gone\/empty: there are no LTX files/);
});
