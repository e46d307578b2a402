import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Heartbeat } from '../../src/monitoring/heartbeat.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Store } from '../../src/service/store/store.ts';
import { until } from '../engine/until.ts';
import { recordingLogger } from '../service/recording-logger.ts';
import { append, StoreScene } from '../service/store/store-scene.ts';

/** A place that waits for pings, and a heartbeat that sends them there. */
async function beating(t: TestContext, store: Store, intervalMs = 50) {
  const pings: string[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    pings.push(request.url ?? '');
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { logger, lines } = recordingLogger();
  const ended = new AbortController();
  const url = `http://127.0.0.1:${port}/secret-path`;
  const running = new Heartbeat({ url, intervalMs }, { store, clock: systemClock, logger }).run(ended.signal);
  t.after(async () => {
    ended.abort();
    await running;
    server.closeAllConnections();
    server.close();
  });
  const answer = (next: number) => {
    status = next;
  };
  return { pings, lines, answer };
}

test('Heartbeat pings as long as everything is shipped, and not when a replica is late', async (t) => {
  const scene = new StoreScene(t);
  const application = await scene.application('one.db', 1);
  const store = scene.store({ databases: [scene.database('one.db')], shutdown: { timeoutMs: 0, retryMs: 50 } });
  await store.start();
  await store.sync(scene.path('one.db'));
  const { pings } = await beating(t, store);
  await until('some pings', () => pings.length >= 3);
  assert.equal(pings[0], '/secret-path');
  renameSync(scene.path('replicas'), scene.path('replicas-away'));
  writeFileSync(scene.path('replicas'), 'no directory');
  await append(application);
  await until('the replica is late', async () => {
    const before = pings.length;
    await delay(300);
    return pings.length === before;
  });
});

test('Heartbeat sends none for a process that replicates nothing', async (t) => {
  const scene = new StoreScene(t);
  const store = scene.store({ databases: [scene.database('none.db')] });
  await store.start();
  const { pings } = await beating(t, store);
  await delay(300);
  assert.deepEqual(pings, []);
});

test('Heartbeat says once that nobody hears it, without the secret of its URL, and when they do again', async (t) => {
  const scene = new StoreScene(t);
  await scene.application('one.db', 1);
  const store = scene.store({ databases: [scene.database('one.db')] });
  await store.start();
  await store.sync(scene.path('one.db'));
  const { pings, lines, answer } = await beating(t, store);
  answer(500);
  await until('it is refused', () => lines.length > 0);
  const count = pings.length;
  await until('it tries again', () => pings.length > count + 2);
  assert.deepEqual(
    lines.map(({ message, fields }) => [message, fields.error]),
    [['cannot send a heartbeat, trying again', 'it answered 500']],
  );
  assert.doesNotMatch(JSON.stringify(lines), /secret-path/);
  answer(204);
  await until('it is heard', () => lines.some(({ message }) => message === 'heartbeats are heard again'));
});
