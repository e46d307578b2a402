import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { formatLtxFileName } from '../../../src/format/ltx/file-name.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { body, bytesOf, file, listAll, listEverything, readAll } from '../../conformance/replica-client/fixture.ts';
import { until } from '../../engine/until.ts';
import { errorAnswer, FaultScene, firstKey } from './fault-scene.ts';

const bytes = bytesOf(200_000);
const first = file(0, 1);

async function sceneWithFile(options = {}): Promise<FaultScene> {
  const scene = await FaultScene.open(options);
  scene.server.store.objects.set(firstKey, { bytes, metadata: {} });
  return scene;
}

describe('open and read', () => {
  test('read goes on at the byte it had reached when the connection broke, in the same version', async () => {
    await using scene = await sceneWithFile();
    for (const cutBytes of [50_000, 1, 70_000]) scene.server.fail('get', { kind: 'cut', bytes: cutBytes });
    assert.deepEqual(await readAll(scene.client, first), bytes);
    const [one, ...others] = scene.server.requests;
    assert.equal(one?.headers.range, undefined);
    assert.deepEqual(
      others.map(({ headers }) => headers.range),
      ['bytes=50000-199999', 'bytes=50001-199999', 'bytes=120001-199999'],
    );
    assert.ok(others.every(({ headers }) => headers['if-match'] !== undefined));
  });

  test('read of a range goes on within the range', async () => {
    await using scene = await sceneWithFile();
    scene.server.fail('get', { kind: 'cut', bytes: 10_000 });
    const range = { offset: 30_000, length: 40_000 };
    assert.deepEqual(await readAll(scene.client, first, range), bytes.subarray(30_000, 70_000));
    assert.equal(scene.server.requests[1]?.headers.range, 'bytes=40000-69999');
  });

  test('read never mixes two versions of an object', async () => {
    await using scene = await sceneWithFile();
    scene.server.fail('get', { kind: 'cut', bytes: 50_000 });
    const reader = await scene.client.open(first);
    scene.server.store.objects.set(firstKey, { bytes: bytesOf(200_000, 2), metadata: {} });
    await assert.rejects(reader.read(Buffer.alloc(200_000)), {
      name: 'ReplicaError',
      message: /was replaced meanwhile/,
    });
    await reader.close();
  });

  test('read of a file that is deleted meanwhile says so', async () => {
    await using scene = await sceneWithFile();
    scene.server.fail('get', { kind: 'cut', bytes: 50_000 });
    const reader = await scene.client.open(first);
    scene.server.store.objects.clear();
    await assert.rejects(reader.read(Buffer.alloc(200_000)), { name: 'ReplicaError', code: 'not-found' });
    await reader.close();
  });

  test('read gives up when no byte comes any more, and a body that ends early is never taken for the file', async () => {
    await using scene = await sceneWithFile();
    scene.server.fail('get', { kind: 'cut', bytes: 0 }, 1000);
    await assert.rejects(readAll(scene.client, first), { name: 'ReplicaError', code: 'unavailable' });
    assert.ok(scene.server.count('get') < 20);
  });

  test('read of many files under one signal makes Node warn of nothing, and leaves nothing on the signal', async () => {
    await using scene = await sceneWithFile();
    const warnings: Error[] = [];
    const listener = (warning: Error) => warnings.push(warning);
    process.on('warning', listener);
    const { signal } = new AbortController();
    const readers = await Promise.all(
      Array.from({ length: 20 }, () => scene.client.open(first, undefined, { signal })),
    );
    for (const reader of readers) {
      await reader.read(Buffer.alloc(bytes.length));
      await reader.close();
    }
    await until('the connections are free', () => getEventListeners(signal, 'abort').length === 0);
    process.off('warning', listener);
    assert.deepEqual(warnings, []);
  });

  test('read of a slow trickle gets everything', async () => {
    await using scene = await sceneWithFile();
    scene.server.fail('get', { kind: 'trickle', pieceBytes: 9_000, pauseMs: 5 });
    assert.deepEqual(await readAll(scene.client, first), bytes);
    assert.equal(scene.server.count('get'), 1);
  });

  test('read leaves a connection on which nothing comes', async () => {
    await using scene = await sceneWithFile({ idleTimeoutMs: 200 });
    scene.server.fail('get', { kind: 'trickle', pieceBytes: 100_000, pauseMs: 60_000 });
    assert.deepEqual(await readAll(scene.client, first), bytes);
    assert.equal(scene.server.requests[1]?.headers.range, 'bytes=100000-199999');
  });

  test('read that is aborted ends at once with the reason', async () => {
    await using scene = await sceneWithFile();
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    scene.server.fail('get', { kind: 'trickle', pieceBytes: 1_000, pauseMs: 60_000 });
    const reader = await scene.client.open(first, undefined, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(reader.read(Buffer.alloc(200_000)), reason);
    assert.equal(scene.server.count('get'), 1);
    await reader.close();
  });

  test('open is tried again after 503, 500 and a broken connection', async () => {
    await using scene = await sceneWithFile();
    scene.server.fail('get', errorAnswer(503, 'SlowDown'));
    scene.server.fail('get', errorAnswer(500, 'InternalError'));
    scene.server.fail('get', { kind: 'drop' });
    assert.deepEqual(await readAll(scene.client, first), bytes);
  });
});

describe('list', () => {
  function fill(scene: FaultScene, count: number): void {
    for (let txid = 1; txid <= count; txid += 1) {
      const name = formatLtxFileName(toTxid(txid), toTxid(txid));
      scene.server.store.objects.set(`db/0000/${name}`, { bytes: Buffer.alloc(1), metadata: {} });
    }
  }

  test('list takes one request a thousand files, and begins at the TXID asked for', async () => {
    await using scene = await FaultScene.open();
    fill(scene, 2500);
    assert.equal((await listAll(scene.client, 0)).length, 2500);
    assert.equal(scene.server.count('list'), 3);
    assert.equal((await listAll(scene.client, 0, { from: toTxid(2400) })).length, 101);
    assert.equal(scene.server.count('list'), 4);
    assert.equal((await listEverything(scene.client)).length, 2500);
    assert.equal(scene.server.count('list'), 7);
  });

  test('listAll of a replica above other replicas asks for its own levels only', async () => {
    await using scene = await FaultScene.open();
    fill(scene, 3);
    for (const key of ['db/other.db/0000/x.ltx', 'db/lock.json', 'db/0010/x.ltx', 'dbx/0000/x.ltx']) {
      scene.server.store.objects.set(key, { bytes: Buffer.alloc(1), metadata: {} });
    }
    assert.equal((await listEverything(scene.client)).length, 3);
    assert.equal(scene.server.requests[0]?.query.get('prefix'), 'db/000');
  });

  test('list whose page breaks off, or is refused for a while, loses nothing', async () => {
    await using scene = await FaultScene.open();
    fill(scene, 1200);
    scene.server.fail('list', { kind: 'cut', bytes: 20_000 });
    scene.server.fail('list', errorAnswer(503, 'SlowDown'));
    assert.equal((await listAll(scene.client, 0)).length, 1200);
  });

  test('list that lags behind keeps no write from meeting its file', async () => {
    await using scene = await FaultScene.open();
    fill(scene, 2);
    scene.server.store.unlisted.add(firstKey);
    assert.equal((await listAll(scene.client, 0)).length, 1);
    assert.equal(await scene.client.write(first, body(bytes)), 'exists');
    assert.equal((await readAll(scene.client, first)).byteLength, 1);
  });
});
