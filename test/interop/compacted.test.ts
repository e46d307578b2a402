import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultLevelSettings } from '../../src/engine/levels/level-settings.ts';
import { formatTxid } from '../../src/format/ltx/txid.ts';
import { ReplicaFiles } from '../engine/replica-files.ts';
import { until } from '../engine/until.ts';
import { Sidecar } from '../support/sidecar.ts';
import { Writer } from '../support/writer.ts';
import { findLitestreamReader, readMoments } from './litestream-reader.ts';

const reader = findLitestreamReader();
const missing = 'path' in reader ? false : `Litestream's reader is not here: ${reader.missing}`;
const queries = ['select id, note from item order by id', 'pragma integrity_check'];
const levels = {
  ...defaultLevelSettings,
  intervalsMs: [200, 600],
  snapshotIntervalMs: 1_000,
  snapshotRetentionMs: 2_000,
  syncRetentionMs: 300,
  syncRetentionCheckMs: 50,
};

test("Litestream's reader reads a replica that was compacted and thinned out", { skip: missing }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'compacted-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const databasePath = join(folder, 'app.db');
  const replica = new ReplicaFiles(`${databasePath}-replica`, folder);
  const writer = new Writer(databasePath);
  t.after(() => writer.kill());
  const sidecar = await Sidecar.start({
    databases: [{ path: databasePath }],
    settings: { syncIntervalMs: 20, levels },
  });
  t.after(() => sidecar.kill());
  await writer.run('create table item (id integer primary key, note)');
  const isThinned = () => replica.txids()[0]! > 10 && [1, 2, 9].every((level) => replica.names(level).length > 0);
  await until('every level is there and the first files are gone', async () => {
    await writer.run('insert into item (note) select hex(randomblob(200)) from (values (1), (2), (3))');
    await sidecar.sync();
    await delay(20);
    return isThinned() && replica.names(9).length > 1;
  });
  await sidecar.stop();
  const newest = replica.newest;
  const extension = 'path' in reader ? reader.path : '';
  const [state] = readMoments({ extension, url: `file://${replica.path}`, folder }, [], queries);
  const expected = await replica.column("select id || '|' || note from item order by id", newest);
  assert.deepEqual(state, { txid: formatTxid(BigInt(newest) as never), answers: [expected.join('\n'), 'ok'] });
});
