import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { S3Api } from '../../../src/replica/s3/s3-api.ts';
import { S3LeaseStore } from '../../../src/replica/s3/s3-lease-store.ts';
import type { S3Location } from '../../../src/replica/s3/s3-location.ts';
import { putSmallObject } from '../../../src/replica/s3/small-object.ts';
import { leaseRecord } from '../../conformance/lease-record.ts';
import { describeLeaseStore, type LeaseFixture } from '../../conformance/lease-store.ts';
import { FaultServer } from '../../support/fault-s3/fault-server.ts';
import { S3Server } from '../../support/s3-server.ts';
import { errorAnswer } from './fault-scene.ts';
import { s3Services } from './s3-fixture.ts';

let server: S3Server;
before(async () => {
  server = await S3Server.start();
});
after(() => server[Symbol.asyncDispose]());

describeLeaseStore('s3', async () => openFixture(server.location(`${randomUUID()}/deep`)));

describe('S3LeaseStore', () => {
  test('read and write ask the store once, whatever it answers', async () => {
    await using faults = await FaultServer.start();
    await using lease = openFixture(faults.location());
    for (const fault of [errorAnswer(503, 'SlowDown'), errorAnswer(500, 'InternalError'), { kind: 'drop' } as const]) {
      for (const operation of ['get', 'put'] as const) faults.fail(operation, fault);
      await assert.rejects(lease.store.read(), { name: 'ReplicaError', code: 'unavailable' });
      await assert.rejects(lease.store.write(leaseRecord(), undefined), { name: 'ReplicaError', code: 'unavailable' });
    }
    assert.equal(faults.requests.length, 6);
    assert.equal(await lease.store.read(), undefined);
  });

  test('write whose reply is lost rejects, and the lease is there', async () => {
    await using faults = await FaultServer.start();
    await using lease = openFixture(faults.location());
    const record = leaseRecord({ nonce: 'ours' });
    faults.fail('put', { kind: 'drop', after: 'carried-out' });
    await assert.rejects(lease.store.write(record, undefined), { code: 'unavailable' });
    assert.deepEqual((await lease.store.read())?.record, record);
    assert.equal(faults.count('put'), 1);
  });

  test('write is refused when the store has another one under way, or the lease is gone', async () => {
    await using faults = await FaultServer.start();
    await using lease = openFixture(faults.location());
    faults.fail('put', errorAnswer(409, 'ConditionalRequestConflict'));
    assert.deepEqual(await lease.store.write(leaseRecord(), undefined), { outcome: 'refused' });
    faults.fail('put', errorAnswer(404, 'NoSuchKey'));
    const seen = { record: leaseRecord(), tag: '"x"' };
    assert.deepEqual(await lease.store.write(leaseRecord(), seen), { outcome: 'refused' });
  });

  test('write puts the object where Litestream looks for it, as JSON', async () => {
    await using faults = await FaultServer.start();
    await using lease = openFixture(faults.location());
    await lease.store.write(leaseRecord(), undefined);
    const [request] = faults.requests;
    assert.equal(request?.key, 'db/lock.json');
    assert.equal(request?.headers['if-none-match'], '*');
    assert.equal(request?.headers['content-type'], 'application/json');
  });

  test('write that waits is cut off by its signal', async () => {
    await using faults = await FaultServer.start();
    await using lease = openFixture(faults.location());
    const reason = new Error('no answer in time');
    const controller = new AbortController();
    faults.fail('put', { kind: 'wait', released: new Promise(() => {}) });
    const writing = lease.store.write(leaseRecord(), undefined, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(writing, reason);
  });
});

function openFixture(location: S3Location): LeaseFixture {
  const services = s3Services();
  const opened: S3LeaseStore[] = [];
  const open = () => {
    const store = new S3LeaseStore(location, services);
    opened.push(store);
    return store;
  };
  return {
    store: open(),
    reopen: open,
    async plant(bytes) {
      const api = new S3Api(location, services);
      await putSmallObject(api, `${location.path}/lock.json`, bytes, 'none');
      await api.close();
    },
    async [Symbol.asyncDispose]() {
      for (const store of opened) await store.close();
    },
  };
}
