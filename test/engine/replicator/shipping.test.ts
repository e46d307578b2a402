import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { defaultLevelSettings } from '../../../src/engine/levels/level-settings.ts';
import { LongWork } from '../../../src/engine/long-work.ts';
import { maintainLimits } from '../../../src/engine/maintain/maintain-services.ts';
import { AttemptedMark } from '../../../src/engine/meta/attempted-mark.ts';
import { LocalFiles } from '../../../src/engine/meta/local-files.ts';
import { MetaDirectory } from '../../../src/engine/meta/meta-directory.ts';
import { PageRuns } from '../../../src/engine/page-runs.ts';
import { Shipping, type ShippingTerm } from '../../../src/engine/replicator/shipping.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import type { ReplicaClient } from '../../../src/replica/replica-client.ts';
import { ReplicaError } from '../../../src/replica/replica-error.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { kernels, ModelDatabase, somePages } from '../restore/model-database.ts';
import { until } from '../until.ts';

/** A database of so many TXIDs, told from others by what its pages hold. */
function model(txidCount: number, version = 0): ModelDatabase {
  const database = new ModelDatabase();
  for (let txid = 1; txid <= txidCount; txid++) database.commit(somePages(3, version + txid), 3);
  return database;
}

/** Ships the level-0 files of a database from `localFrom` on, which lie in a meta directory, to replicas. */
async function ship(
  test: TestContext,
  database: ModelDatabase,
  localFrom: number,
  replicas: Readonly<Record<string, ReplicaClient>>,
  term?: ShippingTerm,
) {
  const folder = mkdtempSync(join(tmpdir(), 'shipping-'));
  const meta = new MetaDirectory(folder);
  mkdirSync(meta.syncLevelPath, { recursive: true });
  database.addLevel0(localFrom);
  for (const [path, bytes] of database.files) writeFileSync(join(folder, path), bytes);
  const services = {
    durableFiles: new DurableFiles(),
    clock: systemClock,
    logger: silentLogger,
    runs: new PageRuns(kernels),
    limits: maintainLimits(),
    work: new LongWork(),
  };
  const local = await LocalFiles.open(meta, services);
  const mark = await AttemptedMark.open(meta, local.headTxid, services);
  const { scratchPath, quarantinePath } = meta;
  const care = { levels: defaultLevelSettings, mode: 'on-demand' as const, scratchPath, quarantinePath };
  const events = { onAcknowledged() {}, onSnapshotWanted() {}, onConflict() {}, onFailure() {} };
  const named = Object.entries(replicas).map(([name, client]) => ({ name, client }));
  const shipping = Shipping.start(named, { local, mark, heads: new Map(), term, care }, { ...services, events });
  test.after(async () => {
    await shipping.stop();
    rmSync(folder, { recursive: true });
  });
  return shipping;
}

test('Shipping gives a replica that lags behind what another one has acknowledged', async (t) => {
  const database = model(7);
  const [full, lagging] = [model(7), model(7)];
  full.addLevel0();
  lagging.addLevel0(1, 2);
  const shipping = await ship(t, database, 5, { full: full.replica(), lagging: lagging.replica() });
  await until('it has caught up', () => shipping.shippers[1]?.state === 'current');
  assert.deepEqual(lagging.files, full.files);
  assert.equal(shipping.isSnapshotWanted, false);
});

test('Shipping gives a replica that lags behind nothing of one that another writer went on with', async (t) => {
  const database = model(7);
  const [foreign, lagging] = [model(7, 100), model(7)];
  foreign.addLevel0();
  lagging.addLevel0(1, 2);
  const before = new Map(lagging.files);
  const down = database.replica({ fault: () => new ReplicaError('unavailable', 'Cannot reach it: it is down') });
  const shipping = await ship(t, database, 5, { foreign: foreign.replica(), down, lagging: lagging.replica() });
  await until('it asks for a snapshot', () => shipping.isSnapshotWanted);
  assert.equal(shipping.shippers[0]?.state, 'stopped');
  assert.deepEqual(lagging.files, before);
});

test('Shipping is over when its term was raised to another epoch, or when there is another kind of term', async (t) => {
  const { signal } = new AbortController();
  const term = { epoch: 3, signal, mayWrite: () => true };
  const database = model(1);
  const shipping = await ship(t, database, 1, { one: model(0).replica() }, { ...term, epochTxid: toTxid(1) });
  assert.equal(shipping.isOver({ ...term, epoch: 3 }), false);
  assert.equal(shipping.isOver({ ...term, epoch: 4 }), true);
  assert.equal(shipping.isOver(undefined), true);
});
