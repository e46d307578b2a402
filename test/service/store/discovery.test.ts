import assert from 'node:assert/strict';
import { cpSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { replicaAt } from '../../../src/config/directory-databases.ts';
import type { Store } from '../../../src/service/store/store.ts';
import { identifyFile } from '../../../src/sqlite/file-identity.ts';
import { hasLockOn, readKernelLockTable, sharedLockByte } from '../../../src/sqlite/kernel-locks.ts';
import { until } from '../../engine/until.ts';
import { append, StoreScene, shardPids } from './store-scene.ts';

function joined(store: Store, scene: StoreScene, name: string): Promise<boolean> {
  return until(`${name} joins`, () => store.paths.includes(scene.path(name)));
}

function isLockedByThisProcess(path: string): boolean {
  const locks = readKernelLockTable()?.locksOn(identifyFile(path)!) ?? [];
  return hasLockOn(
    locks.filter(({ pid }) => pid === process.pid),
    sharedLockByte,
  );
}

describe('Discovery', () => {
  it('finds databases at the start, in folders too, and passes over what is none, saying so once', async (t) => {
    const scene = new StoreScene(t);
    mkdirSync(scene.path('data/a/b'), { recursive: true });
    await scene.application('data/one.db', 1);
    await scene.application('data/a/b/two.db', 2);
    writeFileSync(scene.path('data/text.db'), 'not a database'.repeat(100));
    writeFileSync(scene.path('data/empty.db'), '');
    const store = scene.store({ directories: [scene.directory()], workers: 2 });
    await store.start();
    assert.deepEqual([...store.paths].sort(), [scene.path('data/a/b/two.db'), scene.path('data/one.db')]);
    for (const path of store.paths) await store.sync(path);
    writeFileSync(scene.path('data/other'), 'makes it look again');
    await delay(300);
    await store.stop();
    assert.deepEqual([await scene.restoredRows('one.db'), await scene.restoredRows('a/b/two.db')], [1, 2]);
    const passedOver = scene.lines.filter(({ message }) => message === 'not a SQLite database, passed over');
    assert.deepEqual(
      passedOver.map(({ fields }) => fields.path),
      [scene.path('data/text.db')],
    );
  });

  it('lets databases join: a new one, one in a new folder, a file that becomes one, one that is moved in', async (t) => {
    const scene = new StoreScene(t);
    mkdirSync(scene.path('data'));
    writeFileSync(scene.path('data/text.db'), 'not a database'.repeat(100));
    const store = scene.store({ directories: [scene.directory()] });
    await store.start();
    assert.deepEqual(store.paths, []);
    await scene.application('data/new.db', 1);
    await joined(store, scene, 'data/new.db');
    mkdirSync(scene.path('data/folder/below'), { recursive: true });
    await delay(300);
    await scene.application('data/folder/below/two.db', 2);
    await joined(store, scene, 'data/folder/below/two.db');
    await (await scene.application('made', 3)).close();
    renameSync(scene.path('made'), scene.path('data/moved.db'));
    await joined(store, scene, 'data/moved.db');
    cpSync(scene.path('data/moved.db'), scene.path('data/text.db'));
    await joined(store, scene, 'data/text.db');
    for (const path of store.paths) await store.sync(path);
    await store.stop();
    const rows = await Promise.all(
      ['new.db', 'folder/below/two.db', 'moved.db', 'text.db'].map((name) => scene.restoredRows(name)),
    );
    assert.deepEqual(rows, [1, 2, 3, 3]);
  });

  it('finds a directory that is made later, and a new database beside one that is written all the time', async (t) => {
    const scene = new StoreScene(t);
    const store = scene.store({ directories: [scene.directory()], isolation: 'process' });
    await store.start();
    mkdirSync(scene.path('data'));
    const busy = await scene.application('data/busy.db', 1);
    await joined(store, scene, 'data/busy.db');
    const done = new AbortController();
    const writing = (async () => {
      while (!done.signal.aborted) await append(busy);
    })();
    await delay(300);
    await scene.application('data/new.db', 1);
    await joined(store, scene, 'data/new.db');
    done.abort();
    await writing;
  });

  it('ends the replication of a database whose file stays away, not of one that is replaced', async (t) => {
    const scene = new StoreScene(t);
    mkdirSync(scene.path('data'));
    const gone = await scene.application('data/gone.db', 1);
    const replaced = await scene.application('data/replaced.db', 1);
    const store = scene.store({ directories: [scene.directory()] });
    await store.start();
    for (const path of store.paths) await store.sync(path);
    await Promise.all([gone.close(), replaced.close()]);
    for (const name of ['gone.db', 'replaced.db']) {
      for (const suffix of ['', '-wal', '-shm']) rmSync(scene.path(`data/${name}${suffix}`), { force: true });
    }
    await delay(300);
    await scene.application('data/replaced.db', 2);
    await until('one is gone', () => scene.events.some(({ kind }) => kind === 'removed'), { timeoutMs: 12_000 });
    assert.deepEqual(store.paths, [scene.path('data/replaced.db')]);
    assert.equal(await scene.restoredRows('gone.db'), 1);
  });

  it('keeps what the command names, passes over other names of it, and refuses places that collide', async (t) => {
    const scene = new StoreScene(t);
    mkdirSync(scene.path('data'));
    const application = await scene.application('data/one.db', 1);
    const directory = scene.directory();
    const named = scene.database('one.db', {
      path: scene.path('data/one.db'),
      metaPath: scene.path('data/.one.db-litestream'),
    });
    const store = scene.store({ databases: [named], directories: [directory] });
    await store.start();
    assert.deepEqual(store.paths, [scene.path('data/one.db')]);
    linkSync(scene.path('data/one.db'), scene.path('data/link.db'));
    const warning = 'another name of a database that is replicated';
    await until('the link is passed over', () => scene.messages.includes(warning));
    await append(application);
    await store.sync(scene.path('data/one.db'));
    await store.stop();
    assert.equal(await scene.restoredRows('one.db'), 2);
    const again = scene.store({ directories: [directory], workers: 2 });
    await again.start();
    assert.equal(again.paths.length, 1, 'one of the two names');
    await again.stop();
    rmSync(scene.path('data/link.db'));
    const elsewhere = { ...named, replicas: [replicaAt({ type: 'file', path: scene.path('elsewhere') }, 20)] };
    await assert.rejects(scene.store({ databases: [elsewhere], directories: [directory] }).start(), {
      code: 'conflict',
    });
    assert.deepEqual(shardPids(), []);
  });

  it('opens no database in the process of the store when shards have their own', async (t) => {
    const scene = new StoreScene(t);
    mkdirSync(scene.path('data'));
    const application = await scene.application('data/one.db', 1);
    const { default: Database } = await import('better-sqlite3');
    const own = new Database(scene.path('data/one.db'));
    own.exec('begin; select count(*) from t');
    assert.ok(isLockedByThisProcess(scene.path('data/one.db')));
    const store = scene.store({ directories: [scene.directory()], isolation: 'process' });
    await store.start();
    writeFileSync(scene.path('data/other.db'), 'makes it look again');
    await delay(300);
    assert.ok(isLockedByThisProcess(scene.path('data/one.db')));
    own.exec('insert into t (x) values (1); commit');
    own.close();
    await append(application);
    await store.sync(scene.path('data/one.db'));
    await store.stop();
    assert.equal(await scene.restoredRows('one.db'), 3);
  });
});
