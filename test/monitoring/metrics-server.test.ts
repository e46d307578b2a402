import assert from 'node:assert/strict';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { MetricsServer } from '../../src/monitoring/metrics-server.ts';
import { metricNames } from '../../src/monitoring/metrics-text.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import type { Store } from '../../src/service/store/store.ts';
import { until } from '../engine/until.ts';
import { append, StoreScene } from '../service/store/store-scene.ts';

async function served(t: TestContext, store: Store, maxLagMs = 60_000) {
  const options = { address: { host: '127.0.0.1', port: 0 }, maxLagMs };
  const server = await MetricsServer.open(store, options, { logger: silentLogger });
  t.after(() => server.close());
  const get = async (path: string) => {
    const response = await fetch(new URL(path, server.url));
    return { status: response.status, text: await response.text() };
  };
  const samples = async () => samplesOf((await get('/metrics')).text);
  return { server, get, samples };
}

/** The values by names with labels, as they stand there. */
function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test('metrics tell of every database of every shard, and of their requests together', async (t) => {
  const scene = new StoreScene(t);
  const one = await scene.application('one.db', 3);
  await scene.application('two.db', 1);
  const store = scene.store({ databases: [scene.database('one.db'), scene.database('two.db')], workers: 2 });
  await store.start();
  const { get, samples } = await served(t, store);
  for (const path of store.paths) await store.sync(path);
  await append(one);
  const txid = await store.sync(scene.path('one.db'));
  const { text } = await get('/metrics');
  for (const name of metricNames)
    assert.match(text, new RegExp(`^# HELP ${name} .+\n# TYPE ${name} (gauge|counter|histogram)$`, 'm'));
  const found = await samples();
  const of = (name: string, labels: string) => found.get(`${name}{${labels}}`);
  const db = `db="${scene.path('one.db')}"`;
  assert.equal(of('litestream_txid', db), Number(txid));
  assert.equal(of('litestream_replica_txid', `${db},replica="file"`), Number(txid));
  assert.equal(of('litestream_replica_lag_seconds', `${db},replica="file"`), 0);
  assert.equal(of('litestream_replica_up', `${db},replica="file"`), 1);
  assert.equal(of('litestream_db_up', `db="${scene.path('two.db')}"`), 1);
  assert.equal(of('litestream_sync_count', `db="${scene.path('two.db')}"`), 1, 'the one that began it');
  assert.equal(of('litestream_disk_full', db), 0);
  for (const name of ['db_size', 'wal_size', 'total_wal_bytes', 'sync_count', 'sync_seconds']) {
    assert.ok(of(`litestream_${name}`, db)! > 0, name);
  }
  const put = 'replica_type="file",operation="PUT"';
  const puts = of('litestream_replica_operation_total', put)!;
  assert.ok(puts >= 3, 'of both databases, in processes of their own');
  assert.ok(of('litestream_replica_operation_bytes', put)! > 300);
  const durations = 'litestream_replica_operation_duration_seconds';
  assert.equal(of(`${durations}_count`, put), puts);
  assert.equal(of(`${durations}_bucket`, `${put},le="+Inf"`), puts);
  assert.equal(of(`${durations}_bucket`, `${put},le="60"`), puts);
  assert.ok(of(`${durations}_sum`, put)! > 0);
  assert.ok(found.has('process_cpu_seconds_total'));
  await store.remove(scene.path('two.db'));
  assert.equal(
    [...(await samples()).keys()].some((key) => key.includes('two.db')),
    false,
  );
});

test('metrics count checkpoints by their modes, and say how long writers were held up', async (t) => {
  const scene = new StoreScene(t);
  const application = await scene.application('one.db', 1);
  const store = scene.store({ databases: [scene.database('one.db', { minCheckpointPageCount: 4 })] });
  await store.start();
  const { samples } = await served(t, store);
  const of = async (name: string, labels = '') =>
    (await samples()).get(`${name}{db="${scene.path('one.db')}"${labels}}`)!;
  const count = (mode: string) => of('litestream_checkpoint_count', `,mode="${mode}"`);
  await until('the WAL was made to restart', async () => {
    await append(application);
    await store.sync(scene.path('one.db'));
    return (await count('RESTART')) > 0;
  });
  assert.ok((await of('litestream_checkpoint_seconds', ',mode="RESTART"')) > 0);
  assert.equal(await of('litestream_checkpoint_error_count', ',mode="RESTART"'), 0);
  assert.ok((await of('litestream_checkpoint_barrier_seconds_max')) > 0);
});

test('a replica that does not take files is late, down and counted, and makes the process unready', async (t) => {
  const scene = new StoreScene(t);
  const application = await scene.application('one.db', 1);
  const shutdown = { timeoutMs: 0, retryMs: 50 };
  const store = scene.store({ databases: [scene.database('one.db')], shutdown });
  await store.start();
  await store.sync(scene.path('one.db'));
  const { get, samples } = await served(t, store, 100);
  assert.deepEqual(await get('/readyz'), { status: 200, text: 'ok\n' });
  renameSync(scene.path('replicas'), scene.path('replicas-away'));
  writeFileSync(scene.path('replicas'), 'no directory');
  await append(application);
  const unready = await until('it is unready', async () => {
    const answer = await get('/readyz');
    return answer.status === 503 && answer;
  });
  assert.match(unready.text, /one\.db: replica file lacks what was committed \d+ s ago/);
  const labels = `db="${scene.path('one.db')}",replica="file"`;
  const found = await until('the replica is down', async () => {
    const now = await samples();
    return now.get(`litestream_replica_up{${labels}}`) === 0 && now;
  });
  assert.ok(found.get(`litestream_replica_lag_seconds{${labels}}`)! >= 0.1);
  const errors = [...found].filter(([key]) => key.startsWith('litestream_replica_operation_errors_total{'));
  assert.ok(
    errors.some(([key, value]) => /operation="PUT",code="ENOTDIR"/.test(key) && value > 0),
    JSON.stringify(errors),
  );
  assert.deepEqual(await get('/healthz'), { status: 200, text: 'ok\n' });
  rmSync(scene.path('replicas'));
  renameSync(scene.path('replicas-away'), scene.path('replicas'));
  await until('the replica takes files again', async () => {
    await store.sync(scene.path('one.db')).catch(() => {});
    return (await get('/readyz')).status === 200;
  });
  assert.equal((await samples()).get(`litestream_replica_lag_seconds{${labels}}`), 0);
});

test('an address that is taken is an error that names it, and other paths and methods are refused', async (t) => {
  const scene = new StoreScene(t);
  const store = scene.store({ databases: [] });
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  const options = { address: { host: '127.0.0.1', port }, maxLagMs: 1 };
  await assert.rejects(MetricsServer.open(store, options, { logger: silentLogger }), {
    code: 'not-listening',
    message: new RegExp(`addr 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`),
  });
  const { server, get } = await served(t, store);
  assert.equal((await get('/none')).status, 404);
  assert.equal((await fetch(server.url, { method: 'POST' })).status, 405);
});
