import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { databaseIn } from '../../../src/config/directory-databases.ts';
import { until } from '../../engine/until.ts';
import { only, StoreScene } from '../store/store-scene.ts';
import { LeaseShard } from './lease-shard.ts';

/** A host with the databases of one directory; `sweep` of its shard is what happens once a minute. */
function hostIn(test: TestContext, scene: StoreScene, directory: string, owner: string) {
  const host = new LeaseShard(test, owner);
  const config = scene.directory({ directory: scene.path(directory), settings: host.settings });
  const add = (name: string) => host.shard.add(databaseIn(config, scene.path(`${directory}/${name}`)));
  return { shard: host.shard, add, errors: () => host.errors };
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
