import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReplicaError, type ReplicaErrorCode } from '../../../src/replica/replica-error.ts';
import { defaultRegion, findBucketRegion } from '../../../src/replica/s3/bucket-region.ts';
import { newS3Client } from '../../../src/replica/s3/s3-client.ts';
import { body, bytesOf, file, listAll, readAll } from '../../conformance/replica-client/fixture.ts';
import type { S3Answer } from '../../support/fault-s3/memory-s3.ts';
import { failure, xml } from '../../support/fault-s3/memory-s3.ts';
import { errorAnswer, FaultScene, firstKey } from './fault-scene.ts';
import { s3Services } from './s3-fixture.ts';

const first = file(0, 1);
const elsewhere: S3Answer = { ...failure(301, 'PermanentRedirect'), headers: { 'x-amz-bucket-region': 'eu-west-3' } };

describe('errors of S3', () => {
  const refusals: [S3Answer, ReplicaErrorCode, RegExp, RegExp][] = [
    [failure(404, 'NoSuchBucket'), 'unavailable', /there is no such bucket/, /Create the bucket/],
    [failure(403, 'AccessDenied'), 'denied', /access is denied/, /Allow s3:ListBucket/],
    [failure(403, 'InvalidAccessKeyId'), 'denied', /does not accept the credentials/, /Check access-key-id/],
    [failure(403, 'SignatureDoesNotMatch'), 'denied', /does not accept the credentials/, /region is right/],
    [failure(400, 'ExpiredToken'), 'denied', /the credentials have expired/, /Give new ones/],
    [failure(403, 'RequestTimeTooSkewed'), 'denied', /the clock of this machine/, /Set the clock/],
    [elsewhere, 'denied', /the bucket is in another region \(eu-west-3\)/, /Set region/],
    [failure(507, 'InsufficientStorage'), 'full', /no space is left/, /Free space/],
    [failure(503, 'SlowDown'), 'unavailable', /asks to slow down/, /store-calls-per-second/],
    [failure(418, 'Teapot'), 'unavailable', /it failed, Teapot, status 418: this is Teapot$/, /^undefined$/],
  ];
  for (const [answer, code, state, hint] of refusals) {
    test(`every call names bucket and object, what is wrong and the way out: ${state.source}`, async () => {
      await using scene = await FaultScene.open();
      for (const operation of ['put', 'get', 'list', 'delete-many'] as const) {
        scene.server.fail(operation, { kind: 'answer', answer }, 1000);
      }
      const calls = [
        () => scene.client.write(first, body(bytesOf(10))),
        () => scene.client.open(first),
        () => listAll(scene.client, 0),
        () => scene.client.delete([first]),
      ];
      for (const call of calls) {
        await assert.rejects(call, (error) => {
          assert.ok(error instanceof ReplicaError);
          assert.equal(error.code, code);
          assert.match(error.message, /^Cannot (write|open|list|delete) s3:\/\/bucket\/db(\/0000\/\w+-\w+\.ltx)?: /);
          assert.match(error.message, state);
          assert.match(String(error.hint), hint);
          assert.ok(error.cause instanceof Error);
          return true;
        });
      }
    });
  }

  test('what does not pass is asked once', async () => {
    await using scene = await FaultScene.open();
    scene.server.fail('put', errorAnswer(403, 'AccessDenied'), 1000);
    await assert.rejects(scene.client.write(first, body(bytesOf(10))));
    assert.equal(scene.server.count('put'), 1);
  });
});

describe('delete', () => {
  test('delete of objects that the store keeps is one error that names the first and the number', async () => {
    await using scene = await FaultScene.open();
    const refused = [1, 2, 3].map(
      (txid) => `<Error><Key>db/${txid}</Key><Code>AccessDenied</Code><Message>no</Message></Error>`,
    );
    const gone = '<Error><Key>db/4</Key><Code>NoSuchKey</Code></Error>';
    const answer = xml(`<DeleteResult>${gone}${refused.join('')}</DeleteResult>`);
    scene.server.fail('delete-many', { kind: 'answer', answer });
    await assert.rejects(scene.client.delete([1, 2, 3, 4, 5].map((txid) => file(0, txid))), {
      name: 'ReplicaError',
      code: 'denied',
      message: 'Cannot delete s3://bucket/db/1: access is denied, AccessDenied: no, and 2 more of 5 objects',
    });
  });

  test('delete takes a request a thousand files, with their MD5 where the store wants it', async () => {
    for (const requireContentMd5 of [true, false]) {
      await using scene = await FaultScene.open({ settings: { requireContentMd5 } });
      scene.server.fail('delete-many', errorAnswer(503, 'SlowDown'));
      await scene.client.delete(Array.from({ length: 2500 }, (_, at) => file(0, at + 1)));
      assert.equal(scene.server.count('delete-many'), 4);
      assert.equal(
        scene.server.requests.every(({ headers }) => headers['content-md5'] !== undefined),
        requireContentMd5,
      );
    }
  });

  test('delete goes one by one where the store has no request for many', async () => {
    await using scene = await FaultScene.open();
    scene.server.store.objects.set(firstKey, { bytes: bytesOf(3), metadata: {} });
    scene.server.fail('delete-many', errorAnswer(501, 'NotImplemented'), 1000);
    await scene.client.delete([first, file(0, 2)]);
    assert.equal(scene.server.store.objects.size, 0);
    assert.equal(scene.server.count('delete'), 2);
  });
});

describe('settings', () => {
  test('a key of the customer goes with every request for an object', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    await using scene = await FaultScene.open({ settings: { sseCustomerKey: key } });
    await scene.client.write(first, body(bytesOf(10)));
    await scene.client.write(file(0, 2), body(bytesOf(6 << 20), 1 << 16));
    await readAll(scene.client, first);
    const names = ['x-amz-server-side-encryption-customer-algorithm', 'x-amz-server-side-encryption-customer-key'];
    for (const { method, query, headers } of scene.server.requests) {
      if (method === 'POST' && !query.has('uploads')) continue;
      assert.deepEqual(
        names.map((name) => headers[name]),
        ['AES256', key],
        `${method} ${query}`,
      );
    }
  });

  test('a KMS key goes with what is written, and payloads are signed unless switched off', async () => {
    for (const signPayload of [true, false]) {
      await using scene = await FaultScene.open({ settings: { sseKmsKeyId: 'alias/backup', signPayload } });
      await scene.client.write(first, body(bytesOf(10)));
      const [{ headers } = assert.fail()] = scene.server.requests;
      assert.equal(headers['x-amz-server-side-encryption'], 'aws:kms');
      assert.equal(headers['x-amz-server-side-encryption-aws-kms-key-id'], 'alias/backup');
      assert.equal(headers['x-amz-content-sha256'] === 'UNSIGNED-PAYLOAD', !signPayload);
    }
  });

  test('findBucketRegion takes the region from an answer or from a refusal', async () => {
    await using scene = await FaultScene.open();
    const location = scene.server.location();
    const services = { traffic: s3Services().traffic, idleTimeoutMs: 60_000 };
    const s3 = await newS3Client({ location, region: defaultRegion }, services);
    const regionHeader = { 'x-amz-bucket-region': 'eu-west-3' };
    for (const status of [200, 301, 400, 403]) {
      scene.server.fail('head', { kind: 'answer', answer: { status, headers: regionHeader } });
      assert.equal(await findBucketRegion(s3, 'bucket', undefined), 'eu-west-3', String(status));
    }
    scene.server.fail('head', { kind: 'answer', answer: { status: 404 } });
    await assert.rejects(findBucketRegion(s3, 'bucket', undefined));
    s3.destroy();
  });
});

describe('traffic', () => {
  test('every request is counted with its bytes, by what it is billed as', async () => {
    await using scene = await FaultScene.open();
    scene.server.fail('put', errorAnswer(503, 'SlowDown'));
    await scene.client.write(first, body(bytesOf(1000)));
    await scene.client.write(file(0, 2), body(bytesOf(6 << 20), 1 << 16));
    await readAll(scene.client, first);
    await listAll(scene.client, 0);
    await scene.client.delete([first]);
    const counts = Object.fromEntries(scene.traffic.snapshot().map((count) => [count.operation, count]));
    assert.deepEqual(
      Object.entries(counts).map(([operation, { requests, errors }]) => [operation, requests, errors]),
      [
        ['PUT', 6, 1],
        ['HEAD', 1, 0],
        ['GET', 1, 0],
        ['LIST', 1, 0],
        ['DELETE', 1, 0],
      ],
    );
    assert.equal(counts.GET?.bytesReceived, 1000);
    assert.ok(counts.PUT!.bytesSent > (6 << 20) + 2000);
    assert.ok(counts.LIST!.bytesReceived > 100);
    assert.equal(scene.server.requests.length, 10);
  });
});
