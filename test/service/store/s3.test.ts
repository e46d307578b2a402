import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { defaultSettings } from '../../../src/config/defaults.ts';
import { replicaAt } from '../../../src/config/directory-databases.ts';
import { defaultLevelSettings } from '../../../src/engine/levels/level-settings.ts';
import type { TrafficCount } from '../../../src/replica/traffic-count.ts';
import { restore } from '../../../src/service/library/restore.ts';
import type { Store } from '../../../src/service/store/store.ts';
import { until } from '../../engine/until.ts';
import { S3Server } from '../../support/s3-server.ts';
import { append, StoreScene } from './store-scene.ts';

let server: S3Server;
before(async () => {
  server = await S3Server.start();
});
after(() => server[Symbol.asyncDispose]());

async function requestsOf(store: Store): Promise<Record<string, number>> {
  const counts: TrafficCount[] = await store.traffic();
  return Object.fromEntries(counts.map(({ operation, requests }) => [operation, requests]));
}

/** No boundary comes while a test lasts. */
const levels = { ...defaultLevelSettings, intervalsMs: [100 * 24 * 3_600_000] };

/** The requests once no more of them come. */
async function untilSteady(store: Store): Promise<Record<string, number>> {
  let before = {};
  return until(
    'the first look is over',
    async () => {
      const now = await requestsOf(store);
      const isSteady = JSON.stringify(now) === JSON.stringify(before);
      before = now;
      return isSteady && now;
    },
    { everyMs: 300 },
  );
}

describe('Store with S3 replicas', () => {
  it('asks one PUT a sync after its first look, and nothing while nobody writes', async (t) => {
    const scene = new StoreScene(t);
    const application = await scene.application('app.db', 1);
    const replicas = [replicaAt(server.location('costs/app.db'), 20)];
    const lease = { ...defaultSettings.lease, mode: 'off' } as const;
    const store = scene.store({ databases: [scene.database('app.db', { replicas, levels, lease })] });
    await store.start();
    await store.sync(scene.path('app.db'));
    const first = await untilSteady(store);
    const { LIST: lists = 0, PUT: puts = 0, GET: gets = 0 } = first;
    for (let change = 1; change <= 10; change += 1) {
      await append(application);
      await store.sync(scene.path('app.db'));
      assert.deepEqual(await requestsOf(store), { ...first, PUT: puts + change });
    }
    await new Promise((done) => setTimeout(done, 500));
    assert.deepEqual(await requestsOf(store), { ...first, PUT: puts + 10 });
    assert.ok(lists <= 2, `${lists} listings`);
    assert.ok(gets <= 2, `${gets} reads`);
    await store.stop();
  });

  it('ships from child processes, whose counts are added up, and stays below the ceiling', async (t) => {
    const scene = new StoreScene(t);
    const names = ['one.db', 'two.db', 'three.db'];
    const databases = [];
    for (const name of names) {
      await scene.application(name, 4);
      databases.push(scene.database(name, { replicas: [replicaAt(server.location(`fleet/${name}`), 20)] }));
    }
    const store = scene.store({ databases, workers: 3, storeCallsPerSecond: 3 });
    await store.start();
    await Promise.all(store.paths.map((path) => store.sync(path)));
    const { PUT: puts = 0 } = await requestsOf(store);
    assert.ok(puts >= 3, `${puts} PUTs`);
    await store.stop();
    for (const name of names) {
      const { endpoint, credentials } = server;
      const url = `s3://${server.bucket}/fleet/${name}`;
      const output = scene.path(`restored-${name}`);
      const { outcome } = await restore({ replicas: { url, s3: { endpoint, ...credentials } }, output });
      assert.equal(outcome, 'restored');
      assert.deepEqual(readFileSync(output).subarray(100), readFileSync(scene.path(name)).subarray(100));
    }
  });

  it('goes on after the store was away, with the same bytes', async (t) => {
    const scene = new StoreScene(t);
    const application = await scene.application('app.db', 2);
    await using away = await S3Server.start();
    const replicas = [replicaAt(away.location('app.db'), 20)];
    const store = scene.store({ databases: [scene.database('app.db', { replicas })] });
    await store.start();
    await store.sync(scene.path('app.db'));
    await away.stop();
    await append(application);
    await assert.rejects(store.sync(scene.path('app.db')), /no replica accepts files/);
    await away.run();
    await until(
      'the replica is current again',
      async () => (await store.status())[0]?.replicas[0]?.state === 'current',
    );
    await store.sync(scene.path('app.db'));
    await application.run('pragma wal_checkpoint'); // the database file alone is compared
    const output = scene.path('restored.db');
    await restore({ replicas: { url: away.url('app.db'), s3: away.credentials }, output });
    assert.deepEqual(readFileSync(output).subarray(100), readFileSync(scene.path('app.db')).subarray(100));
    await store.stop();
  });
});
