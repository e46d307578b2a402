import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { until } from '../engine/until.ts';
import { isRunning, only, shardPids } from '../service/store/store-scene.ts';
import { LibraryScene } from './library-scene.ts';

/** A program that uses the library without a logger. What it prints is an error; it writes files to tell where it is. */
function consumer(t: TestContext, scene: LibraryScene, body: string) {
  const script = `
    import { writeFileSync } from 'node:fs';
    import { setTimeout as delay } from 'node:timers/promises';
    import Database from ${JSON.stringify(import.meta.resolve('better-sqlite3'))};
    import { backupStatus, listMoments, restore, Store } from ${JSON.stringify(import.meta.resolve('../../src/index.js'))};
    const [folder, path, replica] = ${JSON.stringify([scene.folder, scene.path, scene.replica])};
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => said.push(text));
  return { child, exit: once(child, 'close'), said };
}

describe('A program that uses the library', () => {
  it('finds nothing of it on its console, whatever happens, and ends by itself', async (t) => {
    const scene = new LibraryScene(t);
    writeFileSync(join(scene.folder, 'file'), 'where a directory is expected');
    const { child, exit, said } = consumer(
      t,
      scene,
      `
      const opened = (await restore({ replicas: replica, output: path })).outcome === 'no-backup';
      const database = new Database(path);
      database.exec('pragma journal_mode = delete; create table t (id integer primary key, x)');
      let restarts = 0;
      const unwritable = { url: folder + '/file/below', name: 'unwritable' };
      const store = await Store.open({
        databases: [{ path, replicas: [{ url: replica, syncIntervalMs: 20 }, unwritable] }],
        logLevel: 'debug', shutdownTimeoutMs: 200, onEvent: ({ kind }) => { if (kind === 'restarted') restarts++; } });
      for (let i = 0; i < 20; i++) {
        database.prepare('insert into t (x) values (1)').run();
        await Promise.all(Array.from({ length: 20 }, () => store.sync(path)));
      }
      writeFileSync(folder + '/ready', '');
      while (restarts === 0) await delay(10);
      database.prepare('insert into t (x) values (1)').run();
      await store.sync(path);
      await store.close();
      const { signal } = new AbortController();
      await restore({ replicas: [replica, unwritable.url], output: folder + '/restored.db', integrityCheck: 'full', parallelism: 32, signal });
      const { outcome } = await backupStatus([replica, unwritable.url], { signal });
      let moments = 0;
      for await (const _ of listMoments([replica, unwritable.url])) moments++;
      const rows = new Database(folder + '/restored.db').prepare('select count(*) n from t').get().n;
      writeFileSync(folder + '/result', JSON.stringify([opened, outcome, moments > 10, rows]));`,
    );
    await until('it is ready', () => existsSync(join(scene.folder, 'ready')));
    process.kill(only(shardPids(child.pid)), 'SIGKILL');
    assert.deepEqual(await exit, [0, null], said.join(''));
    assert.equal(said.join(''), '');
    const result: unknown = JSON.parse(readFileSync(join(scene.folder, 'result'), 'utf8'));
    assert.deepEqual(result, [true, 'backed-up', true, 21]);
  });

  it('takes the child processes of its store with it when it is killed, after their last syncs', async (t) => {
    const scene = new LibraryScene(t);
    const { child, exit, said } = consumer(
      t,
      scene,
      `
      const database = new Database(path);
      database.exec('pragma journal_mode = wal; create table t (id integer primary key, x)');
      const store = await Store.open({ databases: [{ path, replicas: replica }] });
      await store.sync(path);
      for (let i = 0; i < 5; i++) database.prepare('insert into t (x) values (1)').run();
      writeFileSync(folder + '/ready', '');`,
    );
    await until('it is ready', () => existsSync(join(scene.folder, 'ready')));
    const pid = only(shardPids(child.pid));
    child.kill('SIGKILL');
    await exit;
    await until('the child process has ended', () => !isRunning(pid));
    assert.equal((await scene.restored()).length, 5);
    assert.equal(said.join(''), '');
  });
});
