import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { backupStatus, listMoments, restore, type StoreEvent, TypedError } from '../../src/index.ts';
import { identifyFile } from '../../src/sqlite/file-identity.ts';
import { hasLockOn, readKernelLockTable, sharedLockByte } from '../../src/sqlite/kernel-locks.ts';
import { until } from '../engine/until.ts';
import { isRunning, only, shardPids } from '../service/store/store-scene.ts';
import { append, LibraryScene, rowsOf } from './library-scene.ts';

/** Everything that drops a process's own locks on a database, done in the process that calls the library. */
function openReadClose(path: string): void {
  const other = new Database(path);
  other.prepare('select count(*) from t').get();
  other.close();
  for (const suffix of ['', '-shm', '-wal']) {
    readFileSync(path + suffix);
    closeSync(openSync(path + suffix, 'r+'));
  }
}

/** Whether another process has the lock that keeps a database attached. */
function isHeldElsewhere(path: string): boolean {
  const locks = readKernelLockTable()?.locksOn(identifyFile(path)!) ?? [];
  return hasLockOn(
    locks.filter(({ pid }) => pid !== process.pid),
    sharedLockByte,
  );
}

describe('Store', () => {
  it('loses nothing while this process writes, opens, reads and closes the database with a SQLite of its own', {
    timeout: 30_000,
  }, async (t) => {
    const scene = new LibraryScene(t);
    const database = scene.database();
    const store = await scene.store();
    const states = new Map<bigint, readonly unknown[]>();
    const endMs = performance.now() + 2_000;
    let commits = 0;
    for (let round = 0; performance.now() < endMs || states.size < 6; round++) {
      for (let i = 0; i < 20; i++) append(database);
      commits += 20;
      openReadClose(scene.path);
      if (states.size > 0) assert(isHeldElsewhere(scene.path), `round ${round}`);
      if (round % 7 === 3) database.pragma(`wal_checkpoint(${round % 2 === 0 ? 'PASSIVE' : 'TRUNCATE'})`);
      if (round % 5 === 0) states.set(await store.sync(scene.path), rowsOf(database));
      else await delay(5);
    }
    const { state, error } = only(await store.status());
    assert.deepEqual([state, error], ['replicating', undefined]);
    const rows = rowsOf(database);
    database.close();
    await store.close();
    assert.equal(rows.length, commits);
    assert.deepEqual(await scene.restored(), rows);
    for (const [txid, expected] of [...states].slice(0, 8)) {
      const output = join(scene.folder, `${txid}.db`);
      await restore({ replicas: scene.replica, output, target: { txid: txid.toString(16) } });
      const restored = new Database(output, { readonly: true });
      assert.deepEqual(rowsOf(restored), expected);
      restored.close();
    }
    assert.deepEqual(
      scene.lines.filter(({ level }) => level === 'warn' || level === 'error'),
      [],
    );
  });

  it('goes on when its child process is killed again and again, and tells so', { timeout: 60_000 }, async (t) => {
    const scene = new LibraryScene(t);
    const database = scene.database();
    const events: StoreEvent[] = [];
    const store = await scene.store({ onEvent: (event) => events.push(event) });
    for (let kills = 1; kills <= 2; kills++) {
      append(database);
      await store.sync(scene.path);
      append(database);
      process.kill(only(shardPids()), 'SIGKILL');
      append(database);
      openReadClose(scene.path);
      await until('it runs again', () => events.filter(({ kind }) => kind === 'restarted').length === kills);
      append(database);
    }
    await store.sync(scene.path);
    await store.close();
    assert.deepEqual(events[0], { kind: 'added', path: scene.path });
    assert.deepEqual(await scene.restored(), rowsOf(database));
    assert.equal(rowsOf(database).length, 8);
  });

  it('tells how far it is: by status, by watch, and by asking the replica', { timeout: 30_000 }, async (t) => {
    const scene = new LibraryScene(t);
    const database = scene.database();
    const store = await scene.store();
    append(database);
    const txid = await store.sync(scene.path);
    const watched = store.watch({ intervalMs: 20 });
    const seen: unknown[] = [];
    for await (const states of watched) {
      const { name, txid: shipped } = only(only(states).replicas);
      seen.push(`${name} ${shipped}`);
      if (seen.length === 1) append(database);
      if (shipped === txid + 1n) break;
    }
    assert.deepEqual([seen[0], seen.at(-1)], [`file ${txid}`, `file ${txid + 1n}`]);
    const status = await backupStatus(scene.replica);
    assert(status.outcome === 'backed-up');
    assert.equal(status.newest.txid, txid + 1n);
    assert(status.ageMs < 10_000);
    const moments = [];
    for await (const moment of listMoments(scene.replica)) moments.push(moment.txid);
    assert.deepEqual(moments.slice(0, 2), [txid + 1n, txid]);
    assert.deepEqual(store.paths, [scene.path]);
  });

  it('lets databases come and go, restores one that is missing, and closes once', async (t) => {
    const scene = new LibraryScene(t);
    const store = await scene.store({ databases: [] });
    assert.deepEqual([store.paths, shardPids()], [[], []]);
    const database = scene.database();
    append(database);
    await store.add({ path: scene.path, replicas: scene.replica });
    const txid = await store.sync(scene.path);
    await store.remove(scene.path);
    assert.deepEqual(store.paths, []);
    await assert.rejects(store.sync(scene.path), { name: 'ServiceError', code: 'unknown-database' });
    const copy = join(scene.folder, 'copy.db');
    await store.add({ path: copy, replicas: scene.replica, restoreIfDbNotExists: true });
    const restored = new Database(copy);
    assert.deepEqual(rowsOf(restored), rowsOf(database));
    restored.close();
    assert(txid > 0n);
    await Promise.all([store.close(), store.close()]);
    assert.deepEqual(shardPids(), []);
    await assert.rejects(store.add({ path: scene.path, replicas: `${scene.replica}-2` }), { code: 'stopped' });
  });

  it('rejects with everything stopped when it cannot begin or is given up', async (t) => {
    const scene = new LibraryScene(t);
    const database = { path: scene.path, replicas: scene.replica };
    await assert.rejects(scene.store({ databases: [database, { ...database, path: `${scene.path}-2` }] }), {
      name: 'ConfigError',
      code: 'conflict',
    });
    await assert.rejects(
      scene.store({ databases: [{ ...database, replicas: 'gs://bucket' }] }),
      (error) => error instanceof TypedError && error.code === 'unsupported',
    );
    const reason = new Error('given up');
    await assert.rejects(scene.store({ signal: AbortSignal.abort(reason) }), reason);
    const controller = new AbortController();
    const opening = scene.store({ databases: [database], signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(opening, reason);
    assert.deepEqual(shardPids(), []);
  });

  it('ships what was written last when it is disposed of', async (t) => {
    const scene = new LibraryScene(t);
    const database = scene.database();
    let pid: number;
    {
      await using store = await scene.store();
      await store.sync(scene.path);
      pid = only(shardPids());
      append(database);
    }
    assert(!isRunning(pid));
    assert.deepEqual(await scene.restored(), rowsOf(database));
  });
});
