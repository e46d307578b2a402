import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultSettings } from '../../../src/config/defaults.ts';
import { replicaAt } from '../../../src/config/directory-databases.ts';
import { upToRow } from '../../engine/scene.ts';
import { until } from '../../engine/until.ts';
import { FaultServer } from '../../support/fault-s3/fault-server.ts';
import { append, StoreScene } from './store-scene.ts';

test('Store keeps a backlog short behind an upload that hangs, and sends one file a TXID when it comes through', async (t) => {
  await using server = await FaultServer.start();
  const scene = new StoreScene(t);
  const application = await scene.application('app.db', 1);
  const lease = { ...defaultSettings.lease, mode: 'off' } as const;
  const replicas = [replicaAt(server.location({ path: 'app' }), 1)];
  const store = scene.store({ databases: [scene.database('app.db', { replicas, lease })], storeCallsPerSecond: 0 });
  await store.start();
  await store.sync(scene.path('app.db'));
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  server.fail('put', { kind: 'wait', released });
  const localFiles = () => readdirSync(join(scene.path('.app.db-litestream'), 'ltx', '0')).length;
  const txid = async () => Number((await store.status())[0]?.txid ?? 0n);
  let rows = 1;
  for (let quiet = 0; quiet < 50; rows += 1) {
    const before = await txid();
    await append(application);
    await until('it is idle', async () => (await store.status())[0]?.idle === true || (await txid()) > before);
    quiet = (await txid()) === before ? quiet + 1 : 0;
    assert.ok(localFiles() < 100, `${localFiles()} local files`);
  }
  const most = await txid();
  release();
  await store.sync(scene.path('app.db'));
  const names = [...server.store.objects.keys()].filter((key) => key.startsWith('app/0000/'));
  const txids = names.map((key) => Number.parseInt(key.slice('app/0000/'.length, 'app/0000/'.length + 16), 16));
  assert.deepEqual(
    txids.sort((a, b) => a - b),
    upToRow(txids.length),
  );
  assert.ok(txids.length <= most + 1, `${txids.length} TXIDs for ${rows} commits`);
  assert.ok(rows > most + 40, `${rows} rows in ${most} TXIDs`);
  await store.stop();
});
