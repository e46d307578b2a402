import assert from 'node:assert/strict';
import { linkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../../../src/config/config-error.ts';
import { replicaAt } from '../../../src/config/directory-databases.ts';
import { ServiceError } from '../../../src/service/service-error.ts';
import { once } from '../../../src/service/store/once.ts';
import { until } from '../../engine/until.ts';
import { append, isRunning, only, StoreScene, shardPids } from './store-scene.ts';

describe('Store', () => {
  it('replicates several databases in this process, each to replicas of its own', async (t) => {
    const scene = new StoreScene(t);
    const one = await scene.application('one.db', 3);
    await scene.application('two.db', 5);
    const second = replicaAt({ type: 'file', path: scene.replicaPath('one-again') }, 20);
    const { replicas } = scene.database('one.db');
    const databases = [scene.database('one.db', { replicas: [...replicas, { ...second, name: 'second' }] })];
    const store = scene.store({ databases: [...databases, scene.database('two.db')] });
    await store.start();
    await Promise.all(store.paths.map((path) => store.sync(path)));
    await append(one);
    await store.sync(scene.path('one.db'));
    const states = (await store.status()).map(({ path, state, replicas: { length } }) => [path, state, length]);
    assert.deepEqual(states, [
      [scene.path('one.db'), 'replicating', 2],
      [scene.path('two.db'), 'replicating', 1],
    ]);
    assert.deepEqual(shardPids(), []);
    await append(one);
    await store.stop();
    assert.deepEqual(
      [await scene.restoredRows('one.db'), await scene.restoredRows('one-again'), await scene.restoredRows('two.db')],
      [5, 5, 5],
    );
  });

  it('ships what is written without being asked, also after the database was idle', async (t) => {
    const scene = new StoreScene(t);
    const application = await scene.application('one.db', 1);
    const store = scene.store({ databases: [scene.database('one.db')] });
    await store.start();
    const shipped = async () => {
      const { txid, idle, replicas } = only(await store.status());
      return idle && txid !== undefined && replicas[0]?.txid === txid ? txid : undefined;
    };
    const first = await until('the first file is shipped', shipped);
    await append(application);
    await until('the change is shipped', async () => ((await shipped()) ?? first) > first);
    await store.stop();
    assert.equal(await scene.restoredRows('one.db'), 2);
  });

  it('answers syncs of one database that are asked for together', { timeout: 10_000 }, async (t) => {
    const scene = new StoreScene(t);
    await scene.application('one.db', 1);
    const store = scene.store({ databases: [scene.database('one.db')] });
    await store.start();
    const { path } = scene.database('one.db');
    const txids = await Promise.all([store.sync(path), store.sync(path), store.sync(path)]);
    assert.equal(txids.length, 3);
  });

  it('spreads databases over processes, which end with the store', async (t) => {
    const scene = new StoreScene(t);
    const names = ['one.db', 'two.db', 'three.db'];
    for (const name of names) await scene.application(name, 2);
    const store = scene.store({ databases: names.map((name) => scene.database(name)), workers: 2 });
    await store.start();
    const pids = shardPids();
    assert.equal(pids.length, 2);
    for (const path of store.paths) await store.sync(path);
    await store.stop();
    assert.deepEqual(pids.filter(isRunning), []);
    for (const name of names) assert.equal(await scene.restoredRows(name), 2);
  });

  it('starts a process that is killed again, with its databases and nothing lost', async (t) => {
    const scene = new StoreScene(t);
    const application = await scene.application('one.db', 2);
    const store = scene.store({ databases: [scene.database('one.db')], isolation: 'process' });
    await store.start();
    const { path } = scene.database('one.db');
    await store.sync(path);
    const pid = only(shardPids());
    process.kill(pid, 'SIGKILL');
    await append(application);
    await until('the process is replaced', () => shardPids().some((other) => other !== pid));
    await append(application);
    await until('the databases are taken over', () => scene.events.some(({ kind }) => kind === 'restarted'));
    await store.sync(path);
    await append(application);
    await store.stop();
    assert.equal(await scene.restoredRows('one.db'), 5);
    const [line] = scene.lines.filter(({ level }) => level === 'error');
    assert.equal(line?.message, 'a process of the replication broke down, starting it again');
    assert.equal(line?.fields.signal, 'SIGKILL');
  });

  it('waits longer and longer for a process that always breaks down, says why, and stops at once', async (t) => {
    const scene = new StoreScene(t);
    await scene.application('one.db', 1);
    writeFileSync(scene.path('broken.mjs'), 'console.error("what it said last"); process.exit(3);');
    const shardProgram = pathToFileURL(scene.path('broken.mjs'));
    const store = scene.store({ databases: [scene.database('one.db')], isolation: 'process' }, { shardProgram });
    await store.start();
    const breakdowns = () => scene.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields);
    await until('three breakdowns', () => breakdowns().length >= 3);
    assert.match(only(await store.status()).error ?? '', /its process broke down/);
    const { exitCode, lastWords } = breakdowns()[2]!;
    assert.deepEqual([exitCode, lastWords], [3, 'what it said last']);
    const waits = breakdowns().map(({ waitMs }) => waitMs);
    assert.deepEqual(waits.slice(0, 3), [100, 200, 400]);
    const signal = AbortSignal.timeout(50);
    await assert.rejects(store.sync(scene.path('one.db'), { signal }), { name: 'TimeoutError' });
    await store.stop();
  });

  it('keeps its processes through signals that a terminal sends to all of them', async (t) => {
    const scene = new StoreScene(t);
    await scene.application('one.db', 2);
    const store = scene.store({ databases: [scene.database('one.db')], isolation: 'process' });
    await store.start();
    const { path } = scene.database('one.db');
    await store.sync(path);
    const pid = only(shardPids());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    await store.sync(path);
    assert.deepEqual(shardPids(), [pid]);
    await store.stop();
    assert.deepEqual(
      scene.lines.filter(({ level }) => level === 'error' || level === 'warn'),
      [],
    );
  });

  it('restores a missing database before it starts, where that is asked for', async (t) => {
    const scene = new StoreScene(t);
    const application = await scene.application('one.db', 4);
    const databases = [scene.database('one.db', { restoreIfDbNotExists: true })];
    await once(scene.store({ databases }));
    await application.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(scene.path(`one.db${suffix}`), { force: true });
    rmSync(scene.path('.one.db-litestream'), { recursive: true });
    const store = scene.store({ databases, isolation: 'process' });
    await store.start();
    const again = await scene.application('one.db');
    assert.deepEqual(await again.run('select count(*) from t'), [[4]]);
    await append(again);
    await store.sync(scene.path('one.db'));
    await store.stop();
    assert.equal(await scene.restoredRows('one.db'), 5);
  });

  it('does not start when a database cannot be restored', async (t) => {
    const scene = new StoreScene(t);
    writeFileSync(scene.path('no-directory'), '');
    const replicas = [replicaAt({ type: 'file', path: scene.path('no-directory/replica') }, 20)];
    const databases = [scene.database('one.db', { restoreIfDbNotExists: true, replicas })];
    await assert.rejects(scene.store({ databases, isolation: 'process' }).start(), { code: 'in-shard' });
    assert.deepEqual(shardPids(), []);
  });

  it('refuses databases that share a place, and one database under two names', async (t) => {
    const scene = new StoreScene(t);
    await scene.application('one.db', 1);
    symlinkSync('one.db', scene.path('link.db'));
    linkSync(scene.path('one.db'), scene.path('hard.db'));
    const one = scene.database('one.db');
    for (const name of ['link.db', 'hard.db']) {
      const start = scene.store({ databases: [one, scene.database(name)] }).start();
      await assert.rejects(start, (error) => error instanceof ServiceError && error.code === 'already-there');
    }
    const shared = scene.database('two.db', { replicas: one.replicas });
    const start = scene.store({ databases: [one, shared], blame: 'usage' }).start();
    await assert.rejects(start, (error) => error instanceof ConfigError && error.code === 'usage');
  });

  it('adds and removes databases while it runs', async (t) => {
    const scene = new StoreScene(t);
    for (const name of ['one.db', 'two.db']) await scene.application(name, 1);
    const store = scene.store({ databases: [scene.database('one.db')] });
    await store.start();
    await store.add(scene.database('two.db'));
    await assert.rejects(store.add(scene.database('two.db')), { code: 'conflict' });
    await store.sync(scene.path('two.db'));
    await store.remove(scene.path('one.db'));
    assert.deepEqual(store.paths, [scene.path('two.db')]);
    await assert.rejects(store.sync(scene.path('one.db')), { code: 'unknown-database' });
    assert.deepEqual([await scene.restoredRows('one.db'), await scene.restoredRows('two.db')], [1, 1]);
  });

  it('yields the states of its databases as they change', async (t) => {
    const scene = new StoreScene(t);
    await scene.application('one.db', 1);
    const store = scene.store({ databases: [scene.database('one.db')] });
    await store.start();
    const seen: string[] = [];
    for await (const states of store.watch({ intervalMs: 5 })) {
      const { state, replicas } = only(states);
      seen.push(`${state} ${replicas[0]?.state}`);
      if (seen.at(-1) === 'replicating current') await store.stop();
    }
    assert.equal(seen.at(-1), 'replicating current');
  });
});

describe('once', () => {
  it('writes nothing to the console, however many databases there are', async (t) => {
    const scene = new StoreScene(t);
    const names = Array.from({ length: 12 }, (_, i) => `${i}.db`);
    for (const name of names) await (await scene.application(name, 1)).close();
    const warnings: Error[] = [];
    const keep = (warning: Error) => warnings.push(warning);
    process.on('warning', keep);
    t.after(() => process.off('warning', keep));
    for (const isolation of ['auto', 'process'] as const) {
      const store = scene.store({ databases: names.map((name) => scene.database(name)), isolation });
      const report = await once(store, { signal: new AbortController().signal });
      assert.equal(report.shipped.length, 12);
    }
    assert.deepEqual(warnings, []);
  });

  it('ships every database and stops, naming those that failed', async (t) => {
    const scene = new StoreScene(t);
    await scene.application('one.db', 3);
    await scene.application('half.db', 1);
    writeFileSync(scene.path('no-directory'), '');
    writeFileSync(scene.path('text.db'), 'not a database'.repeat(100));
    const nowhere = { ...replicaAt({ type: 'file', path: scene.path('no-directory/replica') }, 20), name: 'nowhere' };
    const half = scene.database('half.db');
    const databases = [
      scene.database('one.db'),
      { ...half, replicas: [...half.replicas, nowhere] },
      scene.database('missing.db'),
    ];
    const report = await once(scene.store({ databases, workers: 2 }));
    assert.deepEqual(report.shipped, [{ path: scene.path('one.db'), txid: 1n }]);
    const failed = new Map(report.failed.map(({ path, error }) => [path, error.message]));
    assert.match(failed.get(scene.path('half.db')) ?? '', /nowhere has TXID 0000000000000000/);
    assert.match(failed.get(scene.path('missing.db')) ?? '', /there is no database yet/);
    assert.equal(failed.size, 2);
    assert.deepEqual(shardPids(), []);
    assert.deepEqual([await scene.restoredRows('one.db'), await scene.restoredRows('half.db')], [3, 1]);
  });
});
