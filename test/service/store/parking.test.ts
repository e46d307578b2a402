import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync, utimesSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultSettings } from '../../../src/config/defaults.ts';
import type { DatabaseState } from '../../../src/engine/replicator/database-status.ts';
import type { Store } from '../../../src/service/store/store.ts';
import { until } from '../../engine/until.ts';
import { append, only, StoreScene } from './store-scene.ts';

const parkAfterMs = 300;

/** Runs statements in each of some databases. */
const runInEach = `
import sqlite3, sys
for path in sys.argv[2:]:
    db = sqlite3.connect(path)
    for statement in sys.argv[1].split(';'): db.execute(statement)
    db.commit()
    db.close()
`;

async function untilState(store: Store, wanted: DatabaseState): Promise<void> {
  await until(`the database is ${wanted}`, async () => only(await store.status()).state === wanted);
}

/** Makes the files of a database look as if nobody had written to them for an hour. */
function age(path: string): void {
  const hourAgo = Date.now() / 1_000 - 3_600;
  for (const file of [path, `${path}-wal`].filter(existsSync)) utimesSync(file, hourAgo, hourAgo);
}

/** The files of a folder that this process has open. */
function openFiles(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(`${folder}/`) ? [path] : [];
    } catch {
      return []; // closed since
    }
  });
}

describe('Store with parkAfterMs', { concurrency: 2 }, () => {
  it('lets go of an idle database and attaches it again for every change', async (t) => {
    const scene = new StoreScene(t);
    const application = await scene.application('app.db', 3);
    const store = scene.store({ databases: [scene.database('app.db')], parkAfterMs });
    await store.start();
    for (let rows = 3; rows <= 5; rows++) {
      await untilState(store, 'parked');
      await until('nothing of it is open', () => openFiles(scene.folder).length === 0);
      assert.equal(await scene.restoredRows('app.db'), rows);
      const before = only(await store.status()).txid!;
      await append(application);
      await until('the change is shipped', async () => (only(await store.status()).replicas[0]?.txid ?? 0n) > before);
    }
    await store.stop();
    assert.equal(await scene.restoredRows('app.db'), 6);
  });

  it('misses nothing of what happened to a parked database', async (t) => {
    const scene = new StoreScene(t);
    const application = await scene.application('app.db', 3);
    const store = scene.store({ databases: [scene.database('app.db')], parkAfterMs });
    await store.start();
    const changes: Record<string, () => Promise<void>> = {
      'commits with restarts of the WAL in between': async () => {
        for (let i = 0; i < 5; i++) await append(application);
        await application.run('pragma wal_checkpoint(truncate)');
        for (let i = 0; i < 5; i++) await append(application);
      },
      'a VACUUM': async () => {
        await application.run('delete from t where id % 3 = 0', 'vacuum');
      },
      'an application that comes, writes and goes': async () => {
        const other = await scene.application('app.db', 4);
        await other.close();
      },
    };
    for (const [what, change] of Object.entries(changes)) {
      await untilState(store, 'parked');
      await change();
      const [row] = await application.run('select count(*) from t');
      await until(`${what} is shipped`, async () => (await scene.restoredRows('app.db')) === Number(row?.[0]), {
        everyMs: 100,
      });
    }
    await store.stop();
  });

  it('syncs a parked database when it is asked to', async (t) => {
    const scene = new StoreScene(t);
    await scene.application('app.db', 3);
    const store = scene.store({ databases: [scene.database('app.db')], parkAfterMs });
    await store.start();
    await untilState(store, 'parked');
    const { txid } = only(await store.status());
    assert.equal(await store.sync(scene.path('app.db')), txid);
    await untilState(store, 'parked');
    await store.maintain(scene.path('app.db'), { forceSnapshot: true, enforceRetention: false });
    assert.deepEqual(readdirSync(`${scene.replicaPath('app.db')}/ltx/9`).length, 1);
    await store.stop();
  });

  it('leaves a parked database alone when an application only reads it', async (t) => {
    const scene = new StoreScene(t);
    const application = await scene.application('app.db', 3);
    const store = scene.store({ databases: [scene.database('app.db')], parkAfterMs });
    await store.start();
    await untilState(store, 'parked');
    for (let i = 0; i < 20; i++) {
      await application.run('select * from t');
      await delay(5);
      assert.equal(only(await store.status()).state, 'parked');
    }
    await store.stop();
  });

  it('lets go of a database at once that nobody has written to for long, and keeps it attached after a change', async (t) => {
    const scene = new StoreScene(t);
    const application = await scene.application('app.db', 3);
    age(scene.path('app.db'));
    const store = scene.store({ databases: [scene.database('app.db')], parkAfterMs: 60_000 });
    await store.start();
    await untilState(store, 'parked');
    assert.equal(await scene.restoredRows('app.db'), 3);
    await append(application);
    await until('the change is shipped', async () => (await scene.restoredRows('app.db')) === 4);
    await delay(500); // several looks at what may be parked
    assert.equal(only(await store.status()).state, 'replicating');
    await store.stop();
  });

  it('attaches a parked database when its replicas are due, and lets go of it when they are compacted', async (t) => {
    const scene = new StoreScene(t);
    await scene.application('app.db', 3);
    age(scene.path('app.db'));
    const snapshotIntervalMs = 3_000;
    const levels = { ...defaultSettings.levels, snapshotIntervalMs };
    const store = scene.store({ databases: [scene.database('app.db', { levels })], parkAfterMs: 60_000 });
    await delay(snapshotIntervalMs - (Date.now() % snapshotIntervalMs)); // not to be parked across a boundary
    await store.start();
    await untilState(store, 'parked');
    const snapshots = `${scene.replicaPath('app.db')}/ltx/9`;
    assert.equal(existsSync(snapshots), false);
    await until('there is a snapshot', () => existsSync(snapshots) && readdirSync(snapshots).length === 1);
    await untilState(store, 'parked');
    assert.deepEqual(
      scene.messages.filter((message) => message === 'going on where it was left'),
      ['going on where it was left'],
    );
    await store.stop();
  });

  it('ships at a stop what was committed to parked databases a moment before', async (t) => {
    const scene = new StoreScene(t);
    const names = Array.from({ length: 40 }, (_, i) => `app${i}.db`); // more than begin at a time
    const paths = names.map((name) => scene.path(name));
    execFileSync('python3', ['-c', runInEach, 'pragma journal_mode = wal; create table t (id integer)', ...paths]);
    for (const path of paths) age(path);
    const store = scene.store({ databases: names.map((name) => scene.database(name)), parkAfterMs: 60_000 });
    await store.start();
    await until('all are parked', async () => (await store.status()).every(({ state }) => state === 'parked'));
    execFileSync('python3', ['-c', runInEach, 'insert into t values (1)', ...paths]);
    await store.stop();
    for (const name of names) assert.equal(await scene.restoredRows(name), 1, name);
  });

  it('leaves a parked database alone when an application opens it, reads it and takes the WAL away at its end', async (t) => {
    const scene = new StoreScene(t);
    const path = scene.path('app.db');
    execFileSync('python3', ['-c', runInEach, 'pragma journal_mode = wal; create table t (id integer)', path]);
    age(path);
    const store = scene.store({ databases: [scene.database('app.db')], parkAfterMs: 60_000 });
    await store.start();
    await untilState(store, 'parked');
    await until('nothing of it is open', () => openFiles(scene.folder).length === 0);
    execFileSync('python3', ['-c', runInEach, 'select * from t', path]);
    assert.equal(existsSync(`${path}-wal`), false);
    await delay(300); // its events have come
    assert.equal(only(await store.status()).state, 'parked');
    execFileSync('python3', ['-c', runInEach, 'insert into t values (1)', path]);
    await until('the change is shipped', async () => (await scene.restoredRows('app.db')) === 1);
    await store.stop();
  });
});
