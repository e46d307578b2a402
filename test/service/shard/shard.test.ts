import assert from 'node:assert/strict';
import { closeSync, linkSync, openSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { StoreTraffic } from '../../../src/replica/store-traffic.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { processServices } from '../../../src/service/compose.ts';
import { Shard } from '../../../src/service/shard/shard.ts';
import { shardServices } from '../../../src/service/shard/shard-services.ts';
import { openLeases } from '../../../src/service/store/open-store.ts';
import { until } from '../../engine/until.ts';
import { recordingLogger } from '../recording-logger.ts';
import { append, only, StoreScene } from '../store/store-scene.ts';

function newShard(t: TestContext) {
  const { logger, lines } = recordingLogger();
  const settings = {
    logLevel: 'info',
    adopt: false,
    storeCallsPerSecond: 0,
    careMode: 'by-schedule',
    parkAfterMs: 0,
    databasesAtOnce: 16,
    shutdown: { timeoutMs: 2_000, retryMs: 50 },
  } as const;
  const traffic = new StoreTraffic({ callsPerSecond: 0 }, { clock: systemClock });
  const leases = openLeases(logger, traffic);
  const shard = new Shard(settings, shardServices(settings, processServices({ logger }), leases));
  t.after(() => shard.stop());
  return { shard, lines };
}

describe('Shard', () => {
  it('finds that the locks of a database are gone, and begins with it anew', async (t) => {
    const scene = new StoreScene(t);
    const application = await scene.application('one.db', 1);
    const { shard, lines } = newShard(t);
    await shard.add(scene.database('one.db'));
    const { path } = scene.database('one.db');
    await shard.sync(path);
    shard.inspectLocks();
    assert.equal(only(shard.status()).state, 'replicating', 'all locks are there');
    closeSync(openSync(`${path}-shm`, 'r'));
    await append(application);
    shard.inspectLocks();
    await until('the loss is seen', () =>
      lines.some(({ message }) => message.startsWith('the position in the WAL is lost')),
    );
    await append(application);
    await shard.sync(path);
    shard.inspectLocks();
    assert.equal(only(shard.status()).state, 'replicating');
    await shard.stop();
    assert.equal(await scene.restoredRows('one.db'), 3);
  });

  it('says what files are without opening one that is attached', async (t) => {
    const scene = new StoreScene(t);
    await scene.application('one.db', 1);
    await scene.application('two.db', 1);
    const { shard } = newShard(t);
    await shard.add(scene.database('one.db'));
    await shard.sync(scene.path('one.db'));
    linkSync(scene.path('one.db'), scene.path('link.db'));
    writeFileSync(scene.path('text.db'), 'text');
    writeFileSync(scene.path('empty.db'), '');
    const names = ['one.db', 'link.db', 'two.db', 'text.db', 'empty.db', 'missing.db'];
    const kinds = await shard.inspect(names.map((name) => scene.path(name)));
    assert.deepEqual(kinds, ['attached', 'attached', 'wal', 'foreign', 'absent', 'absent']);
    shard.inspectLocks();
    assert.equal(only(shard.status()).state, 'replicating');
  });

  it('lets others have their turn while it looks at many files', async (t) => {
    const scene = new StoreScene(t);
    const { shard } = newShard(t);
    writeFileSync(scene.path('text'), 'text');
    const inspecting = shard.inspect(new Array(5_000).fill(scene.path('text')));
    let turns = 0;
    const turn = setInterval(() => turns++, 1);
    const kinds = await inspecting;
    clearInterval(turn);
    assert.deepEqual([kinds.length, new Set(kinds)], [5_000, new Set(['foreign'])]);
    assert.ok(turns > 3, `${turns} turns`);
  });

  it('refuses a database twice, one it does not know, and everything after its end', async (t) => {
    const scene = new StoreScene(t);
    await scene.application('one.db', 1);
    const { shard } = newShard(t);
    const one = scene.database('one.db');
    await shard.add(one);
    await assert.rejects(shard.add(one), { code: 'already-there' });
    await assert.rejects(shard.sync('/other.db'), { code: 'unknown-database' });
    await shard.remove(one.path);
    await shard.add(one);
    await shard.stop();
    await assert.rejects(shard.add(scene.database('two.db')), { code: 'stopped' });
  });
});
