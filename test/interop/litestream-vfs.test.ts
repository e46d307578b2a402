import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { RestoreTarget } from '../../src/engine/restore/restore-options.ts';
import { formatTxid, type Txid } from '../../src/format/ltx/txid.ts';
import { restoreDatabase } from '../support/restored-database.ts';
import { Sidecar } from '../support/sidecar.ts';
import { Writer } from '../support/writer.ts';
import { findLitestreamReader, readMoments } from './litestream-reader.ts';

/** A moment after a commit was shipped and before the next one. */
interface Point {
  readonly txid: Txid;
  readonly timestampMs: number;
  readonly pageCount: number;
}

const reader = findLitestreamReader();
const missing = 'path' in reader ? false : `Litestream's reader is not here: ${reader.missing}`;
const extension = 'path' in reader ? reader.path : '';
const queries = [
  'select * from item order by id',
  'select name, count(*), sum(length(note)) from item indexed by item_name group by name',
  'select type, name, sql from sqlite_schema order by name',
];
/** That reader keeps pages beyond the end of a database that has shrunk: its rows are right, its page count is not. */
const sizeQueries = ['pragma page_count', 'pragma integrity_check'];
const fill = `with recursive n (i) as (select 1 union all select i + 1 from n where i < 60)
  insert into item (name, note) select 'n' || (i % 7), hex(randomblob(300)) from n`;

let folder: string;
let databasePath: string;
let replicaPath: string;
let writer: Writer;
let sidecar: Sidecar;
const points: Point[] = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'interop-'));
  databasePath = join(folder, 'app.db');
  replicaPath = `${databasePath}-replica`;
  if (missing !== false) return;
  writer = new Writer(databasePath);
  sidecar = await Sidecar.start({ databases: [{ path: databasePath }], settings: { syncIntervalMs: 20 } });
});

after(async () => {
  await sidecar?.kill();
  await writer?.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Commits, waits until that is in the replica, and notes the moment. */
async function commit(...statements: string[]): Promise<Point> {
  await writer.run(...statements);
  const txid = await sidecar.sync();
  await delay(3); // Litestream leaves a file out whose time is that very millisecond
  const timestampMs = Date.now();
  await delay(3);
  const point = { txid, timestampMs, pageCount: Number((await writer.run('pragma page_count'))[0]![0]) };
  points.push(point);
  return point;
}

/** What the same queries give on our own restore. */
async function restoredAnswers(
  target: RestoreTarget,
  asked: readonly string[],
): Promise<{ txid: string; answers: string[] }> {
  const path = join(folder, 'restored.db');
  const { txid } = await restoreDatabase(replicaPath, path, target);
  const answers = asked.map((query) => {
    const { stdout, stderr, status } = spawnSync('sqlite3', ['-bail', path, `${query};`], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.trimEnd();
  });
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  return { txid: formatTxid(txid), answers };
}

/** Litestream's reader, opened afresh, against our restores by time and by TXID, at every point so far. */
async function compareAllPoints(asked = queries): Promise<void> {
  const moments = points.map(({ timestampMs }) => timestampMs);
  const read = readMoments({ extension, url: `file://${replicaPath}`, folder }, moments, asked);
  for (const [i, { txid, timestampMs }] of points.entries()) {
    assert.equal(read[i]!.txid, formatTxid(txid), `point ${i}`);
    assert.deepEqual(read[i], await restoredAnswers({ kind: 'moment', timestampMs }, asked), `point ${i} by time`);
    assert.deepEqual(read[i], await restoredAnswers({ kind: 'txid', txid }, asked), `point ${i} by TXID`);
  }
  assert.deepEqual(read.at(-1), await restoredAnswers({ kind: 'newest' }, asked));
  assert.equal(new Set(read.map(({ answers }) => answers[0])).size, points.length);
}

test("Litestream's reader sees each moment of appends as our own restore does", { skip: missing }, async () => {
  await commit('create table item (id integer primary key, name, note)', 'create index item_name on item (name)', fill);
  for (let i = 0; i < 3; i++) await commit(fill);
  await commit("update item set note = 'short' where id % 5 = 0");
  await compareAllPoints([...queries, ...sizeQueries]);
});

test("Litestream's reader, opened afresh, sees each moment before and after a shrink", { skip: missing }, async () => {
  const full = await commit('delete from item where id % 4 <> 0');
  const shrunk = await commit('vacuum', "insert into item (name) values ('after')");
  assert(shrunk.pageCount < full.pageCount / 2, `${full.pageCount} -> ${shrunk.pageCount} pages`);
  await compareAllPoints();
  await commit(fill);
  await commit(
    "insert into item (name) values ('last')",
    'drop index item_name',
    'create index item_name on item (name, id)',
  );
  await compareAllPoints();
});

test("Litestream's reader goes on after the sidecar was killed and started again", { skip: missing }, async () => {
  await sidecar.kill();
  await writer.run(fill);
  await writer.checkpoint('TRUNCATE');
  sidecar = await Sidecar.start({ databases: [{ path: databasePath }], settings: { syncIntervalMs: 20 } });
  await commit(fill);
  await compareAllPoints();
});
