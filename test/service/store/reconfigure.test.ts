import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/config-error.ts';
import { replicaAt } from '../../../src/config/directory-databases.ts';
import { configChange } from '../../../src/service/store/config-change.ts';
import type { Store } from '../../../src/service/store/store.ts';
import { until } from '../../engine/until.ts';
import { append, only, StoreScene } from './store-scene.ts';

describe('Store.configure', () => {
  for (const workers of [1, 2]) {
    it(`adds, changes and removes databases and leaves the others alone, with ${workers} workers`, async (t) => {
      const scene = new StoreScene(t);
      const stays = await scene.application('stays.db', 1);
      for (const name of ['goes.db', 'changes.db', 'comes.db']) await scene.application(name, 1);
      const before = ['stays.db', 'goes.db', 'changes.db'].map((name) => scene.database(name));
      const store = scene.store({ databases: before, workers });
      await store.start();
      await syncAll(store);
      const other = { ...replicaAt({ type: 'file', path: scene.replicaPath('second') }, 20), name: 'second' };
      const changed = scene.database('changes.db', { replicas: [...before[2]!.replicas, other] });
      const next = [scene.database('stays.db'), changed, scene.database('comes.db')];
      const events = scene.events.length;
      const change = await store.configure({ databases: next, directories: [] });
      assert.deepEqual(
        [change.added, change.changed, change.removed].map((list) => list.map(({ path }) => path)),
        [[scene.path('comes.db')], [scene.path('changes.db')], [scene.path('goes.db')]],
      );
      assert.deepEqual(
        new Set(scene.events.slice(events).map(({ kind, ...rest }) => [kind, Object.values(rest)[0]].join())),
        new Set([
          `removed,${scene.path('goes.db')}`,
          `removed,${scene.path('changes.db')}`,
          `added,${scene.path('changes.db')}`,
          `added,${scene.path('comes.db')}`,
        ]),
      );
      assert.deepEqual(
        [...store.paths].sort(),
        ['changes.db', 'comes.db', 'stays.db'].map((name) => scene.path(name)),
      );
      await append(stays);
      await syncAll(store);
      assert.equal((await statusOf(store, scene.path('changes.db'))).replicas.length, 2);
      assert.deepEqual(
        [
          await scene.restoredRows('stays.db'),
          await scene.restoredRows('second'),
          await scene.restoredRows('comes.db'),
        ],
        [2, 1, 1],
      );
    });
  }

  it('refuses databases that collide, with nothing changed', async (t) => {
    const scene = new StoreScene(t);
    await scene.application('one.db', 1);
    await scene.application('two.db', 1);
    const one = scene.database('one.db');
    const store = scene.store({ databases: [one] });
    await store.start();
    const two = scene.database('two.db', { replicas: one.replicas });
    await assert.rejects(store.configure({ databases: [one, two], directories: [] }), ConfigError);
    assert.deepEqual(store.paths, [one.path]);
    await store.sync(one.path);
    // The place of one that goes is free for one that comes.
    await store.configure({ databases: [two], directories: [] });
    assert.deepEqual(store.paths, [two.path]);
  });

  it('tells of a database that cannot begin, and begins with the others', async (t) => {
    const scene = new StoreScene(t);
    for (const name of ['held.db', 'one.db']) await scene.application(name, 1);
    const holder = scene.store({ databases: [scene.database('held.db')] });
    await holder.start();
    const store = scene.store({ databases: [], isolation: 'process' });
    await store.start();
    await store.configure({ databases: [scene.database('held.db'), scene.database('one.db')], directories: [] });
    const { fields } = only(scene.lines.filter(({ message }) => message === 'cannot replicate a database'));
    assert.equal(fields.db, scene.path('held.db'));
    await store.sync(scene.path('one.db'));
    assert.deepEqual(store.paths, [scene.path('one.db')]);
    await holder.stop();
    // It is configured still: the next change of the file, or the same file again, need not bring it back by itself.
    await store.add(scene.database('held.db'));
    await store.sync(scene.path('held.db'));
  });

  it('ends and begins directories; a database that is named as well stays', async (t) => {
    const scene = new StoreScene(t);
    for (const folder of ['data', 'other']) mkdirSync(scene.path(folder));
    for (const name of ['data/one.db', 'data/two.db', 'other/three.db']) await scene.application(name, 1);
    const directory = scene.directory();
    const store = scene.store({ directories: [directory] });
    await store.start();
    await syncAll(store);
    assert.equal(store.paths.length, 2);
    const other = scene.directory({ directory: scene.path('other') });
    const named = scene.database('data/one.db', { metaPath: scene.path('data/.one.db-litestream') });
    await store.configure({ databases: [named], directories: [other] });
    assert.deepEqual([...store.paths].sort(), [scene.path('data/one.db'), scene.path('other/three.db')]);
    await scene.application('other/four.db', 1);
    await scene.application('data/five.db', 1);
    await until('the new directory is watched', () => store.paths.includes(scene.path('other/four.db')) || undefined);
    assert.equal(store.paths.includes(scene.path('data/five.db')), false);
    await store.configure({ databases: [named], directories: [{ ...other, watch: false }] });
    await syncAll(store);
    assert.deepEqual(
      [...store.paths].sort(),
      ['data/one.db', 'other/four.db', 'other/three.db'].map((name) => scene.path(name)),
    );
  });
});

describe('Store.halt', () => {
  it('stops a database after a last sync, keeps it in the list, and goes on with what came meanwhile', async (t) => {
    const scene = new StoreScene(t);
    const application = await scene.application('one.db', 1);
    await scene.application('two.db', 1);
    const store = scene.store({ databases: [scene.database('one.db'), scene.database('two.db')] });
    await store.start();
    await syncAll(store);
    const { path } = scene.database('one.db');
    await append(application);
    const stopped = await store.halt(path);
    assert.equal(stopped.state, 'stopped');
    assert.equal(await scene.restoredRows('one.db'), 2);
    assert.deepEqual(await statusOf(store, path), stopped);
    assert.deepEqual(await store.halt(path), stopped);
    await append(application);
    await assert.rejects(store.sync(path), { code: 'unknown-database' });
    await store.sync(scene.path('two.db'));
    assert.equal(await scene.restoredRows('one.db'), 2);
    await store.resume(path);
    assert.ok((await store.sync(path)) > stopped.txid!);
    assert.equal(await scene.restoredRows('one.db'), 3);
    assert.deepEqual([...store.paths].sort(), [path, scene.path('two.db')]);
  });

  it('stays stopped when it cannot begin again, and when the configuration says nothing new', async (t) => {
    const scene = new StoreScene(t);
    await scene.application('one.db', 1);
    const database = scene.database('one.db');
    const store = scene.store({ databases: [database] });
    await store.start();
    await store.sync(database.path);
    await store.halt(database.path);
    const holder = scene.store({ databases: [database], isolation: 'process' });
    await holder.start();
    await assert.rejects(store.resume(database.path));
    assert.equal(only(await store.status()).state, 'stopped');
    await holder.stop();
    await store.configure({ databases: [scene.database('one.db')], directories: [] });
    assert.equal(only(await store.status()).state, 'stopped');
    await store.resume(database.path);
    await store.sync(database.path);
    await store.halt(database.path);
    await store.remove(database.path);
    assert.deepEqual(store.paths, []);
    await store.add(database);
    await store.sync(database.path);
  });
});

describe('Store.sync', () => {
  it('to local files does not wait for a replica that is down', async (t) => {
    const scene = new StoreScene(t);
    const application = await scene.application('one.db', 1);
    const store = scene.store({ databases: [scene.database('one.db')], shutdown: { timeoutMs: 0, retryMs: 50 } });
    await store.start();
    const first = await store.sync(scene.path('one.db'));
    renameSync(scene.path('replicas'), scene.path('replicas-away'));
    writeFileSync(scene.path('replicas'), 'no directory'); // so nothing can be made below it
    await append(application);
    assert.ok((await store.sync(scene.path('one.db'), { reach: 'local-files' })) > first);
    await assert.rejects(store.sync(scene.path('one.db')));
  });
});

describe('configChange', () => {
  it('finds nothing between equal configurations', (t) => {
    const scene = new StoreScene(t);
    const configured = () => ({ databases: [scene.database('a.db')], directories: [scene.directory()] });
    for (const list of Object.values(configChange(configured(), configured()))) assert.deepEqual(list, []);
  });

  it('takes a directory with other settings for one that ends and one that begins', (t) => {
    const scene = new StoreScene(t);
    const [before, after] = [scene.directory(), scene.directory({ pattern: '*.sqlite' })];
    const change = configChange({ databases: [], directories: [before] }, { databases: [], directories: [after] });
    assert.deepEqual([change.endedDirectories, change.begunDirectories], [[before], [after]]);
  });
});

async function syncAll(store: Store): Promise<void> {
  await Promise.all(store.paths.map((path) => store.sync(path)));
}

async function statusOf(store: Store, path: string) {
  return only((await store.status()).filter((status) => status.path === path));
}
