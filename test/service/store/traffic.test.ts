import assert from 'node:assert/strict';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultSettings } from '../../../src/config/defaults.ts';
import { replicaAt } from '../../../src/config/directory-databases.ts';
import type { DatabaseConfig } from '../../../src/config/normal-config.ts';
import { leasePolicy } from '../../../src/engine/lease/lease-policy.ts';
import { until } from '../../engine/until.ts';
import { FaultServer } from '../../support/fault-s3/fault-server.ts';
import { append, StoreScene } from './store-scene.ts';

const ttlMs = 6_000;
const quietMs = 2_500;
const watchedMs = 5_000;
/** Everything that is ever due to a replica nobody writes to comes in the first seconds. */
const levels = {
  ...defaultSettings.levels,
  intervalsMs: [500, 1_000],
  snapshotIntervalMs: 2_000,
  snapshotRetentionMs: 2_000,
  syncRetentionMs: 500,
  syncRetentionCheckMs: 100,
};

function leasedAt(server: FaultServer, owner: string): Partial<DatabaseConfig> {
  const replicas = [replicaAt(server.location({ path: 'app' }), 20)];
  return { replicas, levels, lease: { mode: 'auto', ttlMs, owner } };
}

/** What the server is asked from `from` on: method and key. */
function asked(server: FaultServer, from = 0): string[] {
  return server.requests.slice(from).map(({ method, key }) => `${method} ${key}`);
}

/** Resolves when every level has a file and nothing but `lock.json` was asked about for a while. */
async function untilQuiet(server: FaultServer): Promise<void> {
  let count = 0;
  let sinceMs = performance.now();
  await until(
    'nothing is due any more',
    () => {
      const others = asked(server).filter((request) => !request.endsWith('lock.json')).length;
      if (others !== count) sinceMs = performance.now();
      count = others;
      const isMerged = ['0001', '0002', '0009'].every((level) =>
        [...server.store.objects.keys()].some((key) => key.includes(`/${level}/`)),
      );
      return isMerged && performance.now() - sinceMs > quietMs;
    },
    { timeoutMs: 60_000, everyMs: 50 },
  );
}

describe('Store and what it asks of stores', { concurrency: 3 }, () => {
  it('asks nothing for an idle database but renewals of its lease, all of them counted, and a standby only looks', async (t) => {
    await using server = await FaultServer.start();
    const scene = new StoreScene(t);
    const application = await scene.application('app.db', 3);
    const store = scene.store({ databases: [scene.database('app.db', leasedAt(server, 'a'))] });
    await store.start();
    await store.sync(scene.path('app.db'));
    await append(application);
    await store.sync(scene.path('app.db'));
    await untilQuiet(server);
    const [before, from] = [await store.traffic(), server.requests.length];
    await delay(watchedMs);
    const renewals = asked(server, from);
    assert.deepEqual([...new Set(renewals)], ['PUT app/lock.json']);
    const perRenewalMs = watchedMs / renewals.length;
    assert.ok(perRenewalMs > leasePolicy(ttlMs).renewMs / 2, `one every ${perRenewalMs} ms`);
    const requests = async (operation: string) =>
      (await store.traffic()).find((count) => count.operation === operation)?.requests ?? 0;
    const puts = before.find(({ operation }) => operation === 'PUT')?.requests ?? 0;
    assert.ok((await requests('PUT')) >= puts + renewals.length, 'renewals are counted');

    const other = new StoreScene(t);
    const standby = other.store({ databases: [other.database('app.db', leasedAt(server, 'b'))] });
    await standby.start();
    await until('it stands by', async () => (await standby.status())[0]?.lease?.kind === 'standby');
    const standbyFrom = server.requests.length;
    await delay(watchedMs);
    assert.deepEqual([...new Set(asked(server, standbyFrom))].sort(), ['GET app/lock.json', 'PUT app/lock.json']);
    const looks = asked(server, standbyFrom).filter((request) => request.startsWith('GET')).length;
    assert.ok(watchedMs / looks > leasePolicy(ttlMs).pollMs / 2, `${looks} looks`);
    const counted = await standby.traffic();
    assert.deepEqual(
      counted.filter(({ operation }) => operation === 'LIST' || operation === 'DELETE'),
      [],
    );
    await standby.stop();
    await store.stop();
  });

  it('asks nothing at all for an idle database without a lease', async (t) => {
    await using server = await FaultServer.start();
    const scene = new StoreScene(t);
    await scene.application('app.db', 3);
    const lease = { mode: 'off', ttlMs, owner: undefined } as const;
    const store = scene.store({ databases: [scene.database('app.db', { ...leasedAt(server, 'a'), lease })] });
    await store.start();
    await store.sync(scene.path('app.db'));
    await untilQuiet(server);
    const [before, from] = [await store.traffic(), server.requests.length];
    await delay(watchedMs);
    assert.deepEqual(asked(server, from), []);
    assert.deepEqual(await store.traffic(), before);
    await store.stop();
  });

  it('stays below the ceiling while two hundred databases start under one lease, which is renewed meanwhile', async (t) => {
    const callsPerSecond = 30;
    const forMs = 7_000;
    await using server = await FaultServer.start();
    const scene = new StoreScene(t);
    const first = await scene.application('first.db', 1);
    await first.close();
    mkdirSync(scene.path('data'));
    for (let i = 0; i < 200; i += 1) cpSync(scene.path('first.db'), join(scene.path('data'), `${i}.db`));
    const replicas = [replicaAt(server.location({ path: 'fleet' }), 1_000)];
    const settings = { ...defaultSettings, lease: { mode: 'auto', ttlMs: 10_000, owner: 'a' } as const };
    const store = scene.store({
      directories: [scene.directory({ replicas, settings })],
      storeCallsPerSecond: callsPerSecond,
      shutdown: { timeoutMs: 0, retryMs: 50 },
    });
    const starting = store.start();
    await until('the first request', () => server.requests.length > 0, { timeoutMs: 60_000 });
    const startMs = performance.now();
    let mostCount = 0;
    while (performance.now() - startMs < forMs) {
      const others = asked(server).filter((request) => request !== 'PUT fleet/lock.json').length;
      const allowed = 10 * callsPerSecond + (callsPerSecond * (performance.now() - startMs)) / 1_000;
      const leaseCalls = 10; // the look before the lease is acquired, and the probe of the bucket
      assert.ok(others <= allowed + leaseCalls, `${others} requests, allowed were ${allowed}`);
      mostCount = others;
      await delay(100);
    }
    assert.ok(mostCount > 10 * callsPerSecond, `only ${mostCount} requests: the ceiling was not reached`);
    assert.deepEqual(
      scene.messages.filter((message) => /not renewed in time|lease lost/.test(message)),
      [],
    );
    const renewals = asked(server).filter((request) => request === 'PUT fleet/lock.json').length;
    assert.ok(renewals >= 2, `${renewals} writes of the lease`);
    await starting;
    await store.stop({ signal: AbortSignal.abort() });
  });
});
