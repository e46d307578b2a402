import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { defaultSettings } from '../../../src/config/defaults.ts';
import { databaseIn } from '../../../src/config/directory-databases.ts';
import { StoreTraffic } from '../../../src/replica/store-traffic.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { processServices } from '../../../src/service/compose.ts';
import { Shard } from '../../../src/service/shard/shard.ts';
import { shardServices } from '../../../src/service/shard/shard-services.ts';
import { openLeases } from '../../../src/service/store/open-store.ts';
import { defaultShutdown } from '../../../src/service/store/store-options.ts';
import { cleanUp } from '../../engine/clean-up.ts';
import { until } from '../../engine/until.ts';
import { recordingLogger } from '../recording-logger.ts';
import { only, StoreScene } from '../store/store-scene.ts';

/** A host with the databases of one directory, in this process; `sweep` is what happens once a minute. */
function hostIn(test: TestContext, scene: StoreScene, directory: string, owner: string) {
  const { logger, lines } = recordingLogger();
  const careMode = 'by-schedule' as const;
  const settings = {
    logLevel: 'info' as const,
    adopt: false,
    storeCallsPerSecond: 0,
    careMode,
    shutdown: defaultShutdown,
  };
  const traffic = new StoreTraffic({ callsPerSecond: 0 }, { clock: systemClock });
  const leases = openLeases(logger, traffic);
  const shard = new Shard(settings, shardServices(settings, processServices({ logger }), leases));
  cleanUp(test, () => shard.stop());
  const lease = { mode: 'on' as const, ttlMs: 600_000, owner };
  const config = scene.directory({ directory: scene.path(directory), settings: { ...defaultSettings, lease } });
  const add = (name: string) => shard.add(databaseIn(config, scene.path(`${directory}/${name}`)));
  const errors = () => lines.filter(({ level }) => level === 'error');
  return { shard, add, errors };
}

describe('Shard under a shared lease', () => {
  it('says within a sweep that another host replicates other databases to its place, and not of those it knows', async (t) => {
    const scene = new StoreScene(t);
    for (const directory of ['a', 'b']) mkdirSync(scene.path(directory));
    await scene.application('a/one.db', 1);
    await scene.application('b/other.db', 1);
    await scene.application('b/one.db', 1);
    const holder = hostIn(t, scene, 'a', 'host-a');
    await holder.add('one.db');
    await until('it replicates', () => only(holder.shard.status()).state === 'replicating');

    const stranger = hostIn(t, scene, 'b', 'host-b');
    await stranger.add('other.db');
    await stranger.add('one.db');
    await until('both stand by', () => stranger.shard.status().every(({ lease }) => lease?.kind === 'standby'));
    stranger.shard.sweep();
    await until('it is said', () => stranger.errors().length > 0);
    stranger.shard.sweep();
    await new Promise((done) => setTimeout(done, 100));
    const { message, fields } = only(stranger.errors());
    assert.equal(message, 'stands by for ever');
    assert.equal(fields.db, scene.path('b/other.db'));
    assert.match(String(fields.because), /host-a holds the lease of file:\S+ and does not replicate this database/);
    const errors = stranger.shard.status().map(({ path, error }) => [path, error !== undefined]);
    assert.deepEqual(errors, [
      [scene.path('b/other.db'), true],
      [scene.path('b/one.db'), false],
    ]);
  });
});
