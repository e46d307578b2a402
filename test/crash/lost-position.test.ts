import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plant } from '../property/fault/planted-fault.ts';
import { DumpReader } from '../support/dump-reader.ts';
import { CrashScene } from './crash-scene.ts';

test('DatabaseReplicator reads the whole database after a loss that the evidence does not show', async () => {
  await using dumps = new DumpReader();
  await using scene = await CrashScene.open(dumps, 1);
  await scene.start();
  assert.ok(await scene.ship());
  await scene.sidecar.stop();
  for (const table of ['one', 'two']) {
    await scene.writer.run('PRAGMA wal_checkpoint(TRUNCATE)', `create table ${table} as select randomblob(20000)`);
  }
  await scene.start(undefined, plant('trust the position after a restart'));
  assert.ok(await scene.ship(), scene.sidecar.logs.join('\n'));
  const said = scene.sidecar.logs.filter((line) => line.startsWith('warn') || line.includes('read the whole'));
  assert.equal(said.length, 2);
  assert.match(said[0]!, /came without a frame/);
  assert.match(said[1]!, /reason=the position in the WAL was lost/);
  await scene.sidecar.stop();
  await scene.requireEverything();
});
