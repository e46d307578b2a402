import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { body, bodyTimestampMs, bytesOf, file } from '../../conformance/replica-client/fixture.ts';
import { recordingLogger } from '../../service/recording-logger.ts';
import type { Fault } from '../../support/fault-s3/fault-server.ts';
import { errorAnswer, FaultScene, firstKey } from './fault-scene.ts';

const small = bytesOf(5000);
/** Three parts: the least size of a part is 5 MiB. */
const large = bytesOf(11 << 20);
const first = file(0, 1);

describe('write of a small file', () => {
  const passing: [string, Fault][] = [
    ['500', errorAnswer(500, 'InternalError')],
    ['503 SlowDown', errorAnswer(503, 'SlowDown')],
    ['502 of a proxy', { kind: 'answer', answer: { status: 502, body: '<html>bad gateway</html>' } }],
    ['408 RequestCanceled', errorAnswer(408, 'RequestCanceled')],
    ['429', { kind: 'answer', answer: { status: 429 } }],
    ['a checksum that does not fit', errorAnswer(400, 'BadDigest')],
    ['409 of a concurrent conditional write', errorAnswer(409, 'ConditionalRequestConflict')],
    ['a broken connection', { kind: 'drop' }],
    ['a clock that is too far off', errorAnswer(403, 'RequestTimeTooSkewed')],
    ['credentials that expired', errorAnswer(400, 'ExpiredToken')],
  ];
  for (const [name, fault] of passing) {
    test(`write is tried again after ${name}`, async () => {
      await using scene = await FaultScene.open();
      scene.server.fail('put', fault);
      assert.equal(await scene.client.write(first, body(small)), 'created');
      assert.equal(scene.server.count('put'), 2);
      assert.deepEqual(scene.server.store.objects.get(firstKey)?.bytes, small);
    });
  }

  test('write waits longer from try to try, never twice alike, and gives up in the end', async () => {
    await using scene = await FaultScene.open();
    scene.server.fail('put', errorAnswer(503, 'SlowDown'), 1000);
    await assert.rejects(scene.client.write(first, body(small)), { name: 'ReplicaError', code: 'unavailable' });
    const { waits } = scene.clock;
    assert.equal(scene.server.count('put'), 8);
    for (const [at, limitMs] of [100, 200, 400, 800, 1600, 3200, 5000].entries()) {
      assert.ok(waits[at]! >= limitMs / 2 && waits[at]! <= limitMs, `${waits}`);
    }
  });

  test('write whose reply was lost meets its own object: exists', async () => {
    for (const fault of [
      { kind: 'drop', after: 'carried-out' },
      errorAnswer(500, 'InternalError', 'carried-out'),
    ] as const) {
      await using scene = await FaultScene.open();
      scene.server.fail('put', fault);
      assert.equal(await scene.client.write(first, body(small)), 'exists');
      assert.deepEqual(scene.server.store.objects.get(firstKey)?.bytes, small);
    }
  });

  test('write carries the time as Litestream writes it, the storage class, and asks for a new object', async () => {
    await using scene = await FaultScene.open({ settings: { storageClass: 'STANDARD_IA' } });
    await scene.client.write(first, body(small));
    await scene.client.write(file(0, 2), { ...body(small), timestampMs: bodyTimestampMs - 123 });
    const times = [...scene.server.store.objects.values()].map(({ metadata }) => metadata['litestream-timestamp']);
    assert.deepEqual(times, ['2025-11-21T09:06:40.123Z', '2025-11-21T09:06:40Z']);
    const [request] = scene.server.requests;
    assert.equal(request?.headers['if-none-match'], '*');
    assert.equal(request?.headers['x-amz-storage-class'], 'STANDARD_IA');
  });

  test('write that is aborted is cut off at once, and nothing is sent any more', async () => {
    await using scene = await FaultScene.open();
    const controller = new AbortController();
    const reason = new Error('the lease is lost');
    scene.server.fail('put', { kind: 'wait', released: new Promise(() => {}) });
    const writing = scene.client.write(first, body(small), { signal: controller.signal });
    while (scene.server.count('put') === 0) await new Promise((done) => setTimeout(done, 5));
    const abortedAt = performance.now();
    controller.abort(reason);
    await assert.rejects(writing, reason);
    assert.ok(performance.now() - abortedAt < 1000);
    assert.equal(scene.server.count('put'), 1);
  });

  test('write that is aborted between tries sends nothing any more', async () => {
    await using scene = await FaultScene.open();
    const controller = new AbortController();
    const reason = new Error('the lease is lost');
    scene.clock.onWait = () => controller.abort(reason);
    scene.server.fail('put', errorAnswer(503, 'SlowDown'), 1000);
    await assert.rejects(scene.client.write(first, body(small), { signal: controller.signal }), reason);
    assert.equal(scene.server.count('put'), 1);
  });

  test('write to a store without conditional writes looks first, and says once that writers are not kept apart', async () => {
    const { logger, lines } = recordingLogger();
    await using scene = await FaultScene.open({ logger });
    scene.server.fail('put', errorAnswer(501, 'NotImplemented'));
    assert.equal(await scene.client.write(first, body(small)), 'created');
    assert.equal(await scene.client.write(first, body(bytesOf(10))), 'exists');
    assert.equal(await scene.client.write(file(0, 2), body(small)), 'created');
    assert.deepEqual(scene.server.store.objects.get(firstKey)?.bytes, small);
    assert.deepEqual(
      lines.map(({ level, message }) => [level, /no conditional writes/.test(message)]),
      [['warn', true]],
    );
  });
});

describe('write of a large file', () => {
  test('write sends parts, each tried again by itself, and completes on condition', async () => {
    await using scene = await FaultScene.open();
    scene.server.fail('put-part', errorAnswer(500, 'InternalError'));
    scene.server.fail('put-part', { kind: 'drop' });
    assert.equal(await scene.client.write(first, body(large, 1 << 16)), 'created');
    assert.deepEqual(scene.server.store.objects.get(firstKey)?.bytes, large);
    assert.equal(scene.server.count('put-part'), 5);
    assert.equal(scene.server.requests.at(-1)?.headers['if-none-match'], '*');
    const created = scene.server.requests.find(({ query }) => query.has('uploads'));
    assert.equal(created?.headers['x-amz-meta-litestream-timestamp'], '2025-11-21T09:06:40.123Z');
  });

  test('write looks before it sends many parts for nothing', async () => {
    await using scene = await FaultScene.open();
    await scene.client.write(first, body(small));
    assert.equal(await scene.client.write(first, body(large, 1 << 16)), 'exists');
    assert.equal(scene.server.count('create-upload'), 0);
  });

  test('write that another one overtook before it was completed: exists, and its parts are taken back', async () => {
    await using scene = await FaultScene.open();
    scene.server.fail('complete-upload', errorAnswer(412, 'PreconditionFailed'));
    assert.equal(await scene.client.write(first, body(large, 1 << 16)), 'exists');
    assert.equal(scene.server.store.uploads.size, 0);
  });

  test('write whose completion got through but not its reply finds its object: exists', async () => {
    await using scene = await FaultScene.open();
    scene.server.fail('complete-upload', { kind: 'drop', after: 'carried-out' });
    assert.equal(await scene.client.write(first, body(large, 1 << 16)), 'exists');
    assert.deepEqual(scene.server.store.objects.get(firstKey)?.bytes, large);
    assert.equal(scene.server.count('create-upload'), 1);
  });

  test('write whose upload the store forgot, or that met a conflict, starts over', async () => {
    for (const fault of [errorAnswer(404, 'NoSuchUpload'), errorAnswer(409, 'ConditionalRequestConflict')]) {
      await using scene = await FaultScene.open();
      scene.server.fail('complete-upload', fault);
      assert.equal(await scene.client.write(first, body(large, 1 << 16)), 'created');
      assert.equal(scene.server.count('create-upload'), 2);
      assert.equal(scene.server.store.uploads.size, 0);
      assert.deepEqual(scene.server.store.objects.get(firstKey)?.bytes, large);
    }
  });

  test('write that fails takes its parts back and keeps its own error', async () => {
    await using scene = await FaultScene.open();
    scene.server.fail('put-part', errorAnswer(403, 'AccessDenied'));
    scene.server.fail('abort-upload', errorAnswer(500, 'InternalError'));
    await assert.rejects(scene.client.write(first, body(large, 1 << 16)), {
      code: 'denied',
      message: /s3:\/\/bucket\/db\/0000/,
    });
    assert.equal(scene.server.count('abort-upload'), 1);
    scene.server.fail('put-part', errorAnswer(403, 'AccessDenied'));
    await assert.rejects(scene.client.write(file(0, 2), body(large, 1 << 16)), { code: 'denied' });
    assert.equal(scene.server.store.uploads.size, 1, 'only the one that could not be taken back');
  });

  test('write that is aborted is cut off, not completed, and taken back', async () => {
    await using scene = await FaultScene.open();
    const controller = new AbortController();
    const reason = new Error('the lease is lost');
    scene.server.fail('put-part', { kind: 'wait', released: new Promise(() => {}) }, 3);
    const writing = scene.client.write(first, body(large, 1 << 16), { signal: controller.signal });
    while (scene.server.count('put-part') < 3) await new Promise((done) => setTimeout(done, 5));
    controller.abort(reason);
    await assert.rejects(writing, reason);
    assert.equal(scene.server.count('complete-upload'), 0);
    assert.equal(scene.server.count('abort-upload'), 1);
    assert.equal(scene.server.store.uploads.size, 0);
  });
});
