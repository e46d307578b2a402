import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { replicaAt } from '../../../src/config/directory-databases.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { Discovery } from '../../../src/service/store/discovery.ts';
import type { Store } from '../../../src/service/store/store.ts';
import { RefusedWatches } from '../../../src/service/watch/refused-watches.ts';
import { AttachedFiles } from '../../../src/sqlite/attached-files.ts';
import { identifyFile } from '../../../src/sqlite/file-identity.ts';
import { inspectFoundDatabase } from '../../../src/sqlite/inspect-database.ts';
import { hasLockOn, readKernelLockTable, sharedLockByte } from '../../../src/sqlite/kernel-locks.ts';
import { until } from '../../engine/until.ts';
import { recordingLogger } from '../recording-logger.ts';
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
      passedOver.map(({ fields }) => fields.db),
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

  it('takes a renamed database for one that is gone and one that is new', async (t) => {
    const scene = new StoreScene(t);
    mkdirSync(scene.path('data/folder'), { recursive: true });
    const moved = await scene.application('data/old.db', 2);
    const inFolder = await scene.application('data/folder/one.db', 3);
    const store = scene.store({ directories: [scene.directory()], workers: 2 });
    await store.start();
    for (const path of store.paths) await store.sync(path);
    await Promise.all([moved.close(), inFolder.close()]);
    for (const suffix of ['', '-wal', '-shm']) {
      if (suffix === '' || readdirSync(scene.path('data')).includes(`old.db${suffix}`))
        renameSync(scene.path(`data/old.db${suffix}`), scene.path(`data/new.db${suffix}`));
    }
    renameSync(scene.path('data/folder'), scene.path('data/moved'));
    const names = ['data/moved/one.db', 'data/new.db'];
    await until('both go on under new names', () => names.every((name) => store.paths.includes(scene.path(name))), {
      timeoutMs: 15_000,
    });
    assert.deepEqual(
      [...store.paths].sort(),
      names.map((name) => scene.path(name)),
    );
    await append(await scene.application('data/new.db'));
    for (const path of store.paths) await store.sync(path);
    await store.stop();
    const rows = await Promise.all(
      ['old.db', 'new.db', 'folder/one.db', 'moved/one.db'].map((name) => scene.restoredRows(name)),
    );
    assert.deepEqual(rows, [2, 3, 3, 3]);
    assert.ok(!scene.messages.includes('another name of a database that is replicated'));
  });

  it('leaves a file alone that is still being copied, saying so once, and takes it when it is whole', async (t) => {
    const scene = new StoreScene(t);
    mkdirSync(scene.path('data'));
    await (await scene.application('made', 300)).close();
    const bytes = readFileSync(scene.path('made'));
    assert.ok(bytes.length > 50_000);
    const store = scene.store({ directories: [scene.directory()] });
    await store.start();
    writeFileSync(scene.path('data/copy.db'), '');
    for (let at = 0; at < 40_000; at += 8_000) {
      appendFileSync(scene.path('data/copy.db'), bytes.subarray(at, at + 8_000));
      await delay(150);
    }
    assert.deepEqual(store.paths, []);
    appendFileSync(scene.path('data/copy.db'), bytes.subarray(40_000));
    await joined(store, scene, 'data/copy.db');
    await store.sync(scene.path('data/copy.db'));
    await store.stop();
    assert.equal(await scene.restoredRows('copy.db'), 300);
    const said = scene.messages.filter((message) => message === 'not complete yet, passed over until it is');
    assert.equal(said.length, 1);
  });

  it('does not read a directory again for what happens to known databases', async (t) => {
    const scene = new StoreScene(t);
    mkdirSync(scene.path('data'));
    const busy = await scene.application('data/busy.db', 1);
    const store = scene.store({ directories: [scene.directory()] });
    await store.start();
    await store.sync(scene.path('data/busy.db'));
    await delay(300);
    const readAt = () => statSync(scene.path('data'), { bigint: true }).atimeNs;
    const before = readAt();
    for (let i = 0; i < 100; i++) {
      await append(busy);
      writeFileSync(scene.path('data/busy.db-journal'), 'x');
      rmSync(scene.path('data/busy.db-journal'));
      await delay(10);
    }
    assert.equal(readAt(), before);
    readdirSync(scene.path('data'));
    if (readAt() === before) t.diagnostic('this file system keeps no times of reading: nothing was shown');
  });

  it('lets databases join and end while others take their time to', async (t) => {
    const scene = new StoreScene(t);
    mkdirSync(scene.path('data'));
    await (await scene.application('made', 1)).close();
    const [joining, ending]: [string[], string[]] = [[], []];
    const { logger, lines } = recordingLogger();
    const done = new AbortController();
    const takesItsTime = async (path: string, into: string[]) => {
      into.push(path);
      if (path.includes('slow')) await once(done.signal, 'abort');
    };
    const attached = new AttachedFiles();
    const discovery = new Discovery(scene.directory(), {
      logger,
      clock: systemClock,
      refusals: new RefusedWatches({ logger }),
      inspect: async (paths) => paths.map((path) => inspectFoundDatabase(path, attached)),
      add: ({ path }) => takesItsTime(path, joining),
      remove: (path) => takesItsTime(path, ending),
    });
    for (const name of ['one.db', 'slow-end.db']) cpSync(scene.path('made'), scene.path(`data/${name}`));
    assert.equal((await discovery.scan()).length, 2);
    const run = discovery.run(done.signal);
    cpSync(scene.path('made'), scene.path('data/slow-join.db'));
    await until('the slow one joins', () => joining.length === 1);
    rmSync(scene.path('data/slow-end.db'));
    await until('the slow one ends', () => ending.length === 1);
    rmSync(scene.path('data/one.db'));
    await until('another ends', () => ending.includes(scene.path('data/one.db')));
    cpSync(scene.path('made'), scene.path('data/one.db'));
    await until('it joins again', () => joining.includes(scene.path('data/one.db')));
    assert.deepEqual([joining.length, ending.length], [2, 2]);
    done.abort();
    await run;
    assert.ok(lines.every(({ level }) => level !== 'error'));
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
