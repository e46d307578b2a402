import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { askControl } from '../../src/control/control-client.ts';
import type { ListAnswer, SyncAnswer } from '../../src/control/control-messages.ts';
import { ControlSocket } from '../../src/control/control-socket.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import type { Store } from '../../src/service/store/store.ts';
import { append, StoreScene } from '../service/store/store-scene.ts';

const timeoutMs = 10_000;

/** A store of one database with a control socket. */
async function scene(t: TestContext) {
  const scene = new StoreScene(t);
  const application = await scene.application('one.db', 1);
  const store = scene.store({ databases: [scene.database('one.db')] });
  await store.start();
  const socketPath = scene.path('control.sock');
  const socket = await open(scene, store, socketPath);
  t.after(() => socket.close());
  return { scene, application, store, socket, socketPath, path: scene.path('one.db') };
}

function open(scene: StoreScene, store: Store, path: string, permissions = 0o600): Promise<ControlSocket> {
  const controlled = {
    store,
    version: 'v1.2.3',
    startedAtMs: Date.now(),
    resolvePath: (name: string) => resolve(scene.folder, name),
    databaseConfig: (databasePath: string) => scene.database(databasePath.slice(scene.folder.length + 1)),
  };
  return ControlSocket.open({ path, permissions }, controlled, { logger: silentLogger });
}

/** What is not asked by our client: status and body. */
async function raw(socketPath: string, method: string, path: string, body?: string) {
  const asking = request({ socketPath, method, path });
  asking.end(body);
  const [response] = await once(asking, 'response');
  asking.on('error', () => {}); // the answer is there: the server may hang up before the end of a large body was noted
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode as number, body: JSON.parse(text) as { error?: string } };
}

test('the control socket answers with the fields of Litestream', async (t) => {
  const { socketPath, path, application, scene: on } = await scene(t);
  const ask = <T>(route: string, body?: object) => askControl<T>({ socketPath, route, body, timeoutMs });
  const info = await ask<object>('GET /info');
  assert.deepEqual(Object.keys(info), ['version', 'pid', 'uptime_seconds', 'started_at', 'database_count']);
  await ask('POST /sync', { path: 'one.db', wait: true });
  const { databases } = await ask<ListAnswer>('GET /list');
  assert.deepEqual(
    databases.map(({ path: name, status, txid, replicas }) => [name, status, txid, replicas[0]?.txid]),
    [[path, 'replicating', 1, 1]],
  );
  assert.ok(Math.abs(Date.parse(databases[0]!.last_sync_at!) - Date.now()) < 60_000);
  const sync = (wait: boolean) => ask<SyncAnswer>('POST /sync', { path: 'one.db', wait });
  assert.deepEqual(await sync(true), { status: 'no_change', path, txid: 1, replicated_txid: 1 });
  await append(application);
  const { status, txid, replicated_txid: replicated } = await sync(true);
  assert.deepEqual([status, txid > 1, replicated], ['synced', true, txid]);
  assert.deepEqual(await ask('GET /txid?path=one.db'), { txid });
  assert.deepEqual(await ask('POST /stop', { path: 'one.db' }), { status: 'stopped', path, txid });
  assert.deepEqual(await ask('POST /stop', { path: 'one.db' }), { status: 'already_stopped', path, txid });
  assert.deepEqual(await ask('POST /start', { path: 'one.db' }), { status: 'started', path, txid });
  assert.equal((await ask<{ status: string }>('POST /start', { path: 'one.db' })).status, 'already_running');
  await on.application('two.db', 1);
  const two = { path: 'two.db', replica_url: 'file:///ignored' };
  const registered = { status: 'registered', path: on.path('two.db') };
  assert.deepEqual(await ask('POST /register', two), registered);
  assert.deepEqual(await ask('POST /register', two), { ...registered, status: 'already_registered' });
  await ask('POST /sync', { path: 'two.db', wait: true });
  const gone = await ask<{ status: string; txid: number }>('POST /unregister', { path: 'two.db' });
  assert.deepEqual([gone.status, gone.txid], ['unregistered', 1]);
  const again = await ask<{ status: string }>('POST /unregister', { path: 'two.db' });
  assert.equal(again.status, 'already_unregistered');
  assert.equal(await on.restoredRows('two.db'), 1);
});

test('the control socket says what is wrong with a request', async (t) => {
  const { socketPath, store, path } = await scene(t);
  const status = async (...args: [string, string, string?]) => {
    const { status: code, body } = await raw(socketPath, ...args);
    return [code, body.error];
  };
  assert.deepEqual(await status('POST', '/sync', '{"path": ""}'), [400, 'path required']);
  assert.deepEqual(await status('POST', '/sync', '{}'), [400, 'path required']);
  assert.deepEqual(await status('POST', '/sync', '{'), [400, 'invalid request body']);
  assert.deepEqual(await status('POST', '/register', '{"path": "x.db"}'), [400, 'replica_url required']);
  assert.deepEqual(await status('POST', '/sync', '{"path": "x", "timeout": 1.5}'), [
    400,
    'timeout must be a whole number of seconds',
  ]);
  assert.equal((await status('POST', '/sync'))[0], 400);
  assert.equal((await status('POST', '/sync', '{"path": "none.db"}'))[0], 404);
  assert.equal((await status('GET', '/nothing'))[0], 404);
  assert.equal((await status('GET', '/sync'))[0], 405);
  assert.equal((await status('POST', '/sync', `"${'x'.repeat(2 << 20)}"`))[0], 413);
  await store.halt(path);
  assert.deepEqual(await status('POST', '/sync', '{"path": "one.db"}'), [409, `database not open: ${path}`]);
});

test('the control socket belongs to those with its permissions, from its first moment on', async (t) => {
  const on = new StoreScene(t);
  const store = on.store({ databases: [] });
  for (const permissions of [0o600, 0o660]) {
    const socket = await open(on, store, on.path('s.sock'), permissions);
    assert.equal(statSync(on.path('s.sock')).mode & 0o777, permissions);
    await socket.close();
    assert.equal(existsSync(on.path('s.sock')), false);
  }
  const mask = process.umask();
  assert.notEqual(mask, 0o777 & ~0o600);
});

test('the control socket takes the place of one that a killed process left, and of nothing else', async (t) => {
  const on = new StoreScene(t);
  const store = on.store({ databases: [] });
  const path = on.path('s.sock');
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`;
  const other = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(other.stdout, 'data');
  await assert.rejects(open(on, store, path), { code: 'not-listening', message: /another process listens there/ });
  other.kill('SIGKILL');
  await once(other, 'exit');
  assert.equal(existsSync(path), true);
  const socket = await open(on, store, path);
  await socket.close();
  writeFileSync(path, 'a file of somebody');
  await assert.rejects(open(on, store, path), { code: 'not-listening', message: /no socket/ });
  assert.equal(existsSync(path), true);
  await assert.rejects(open(on, store, on.path('none/s.sock')), { code: 'not-listening' });
  await assert.rejects(open(on, store, on.path('x'.repeat(110))), { code: 'not-listening', message: /longer/ });
});

test('the control socket closes beside open connections and requests that wait', { timeout: 20_000 }, async (t) => {
  const { scene: on, socket, socketPath, store, application, path } = await scene(t);
  await store.sync(path);
  const idle = connect(socketPath);
  await once(idle, 'connect');
  const waiting = raw(socketPath, 'POST', '/sync', '{"path": "one.db", "wait": true, "timeout": 60}');
  await append(application);
  await Promise.all([socket.close(), waiting.catch(() => {})]);
  assert.equal(existsSync(socketPath), false);
  idle.destroy();
  await assert.rejects(askControl({ socketPath, route: 'GET /info', timeoutMs }), { code: 'unreachable' });
  assert.ok(on.folder);
});

test('askControl gives up on a process that does not answer', async (t) => {
  const on = new StoreScene(t);
  const program = `require('net').createServer(() => {}).listen(${JSON.stringify(on.path('s.sock'))}, () => console.log(1))`;
  const silent = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => silent.kill('SIGKILL'));
  await once(silent.stdout, 'data');
  const asked = { socketPath: on.path('s.sock'), route: 'GET /info', timeoutMs: 100 };
  await assert.rejects(askControl(asked), { code: 'timeout' });
});
