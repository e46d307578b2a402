import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { S3Api } from '../../../src/replica/s3/s3-api.ts';
import { getSmallObject, putSmallObject } from '../../../src/replica/s3/small-object.ts';
import { FaultServer } from '../../support/fault-s3/fault-server.ts';
import { S3Server } from '../../support/s3-server.ts';
import { errorAnswer } from './fault-scene.ts';
import { s3Services } from './s3-fixture.ts';

let server: S3Server;
before(async () => {
  server = await S3Server.start();
});
after(() => server[Symbol.asyncDispose]());

const bytes = (text: string) => Buffer.from(text);

describe('small objects on a real server', () => {
  test('putSmallObject creates, swaps by the tag seen, and refuses what has changed', async () => {
    const api = new S3Api(server.location('x'), s3Services());
    assert.equal(await getSmallObject(api, 'x/lock.json'), undefined);
    assert.deepEqual(await putSmallObject(api, 'x/lock.json', bytes('0'), { etag: '"none"' }), { outcome: 'refused' });
    const first = await putSmallObject(api, 'x/lock.json', bytes('1'), 'absent', { contentType: 'application/json' });
    assert.ok(first.outcome === 'written');
    assert.deepEqual(await putSmallObject(api, 'x/lock.json', bytes('2'), 'absent'), { outcome: 'refused' });
    const second = await putSmallObject(api, 'x/lock.json', bytes('3'), { etag: first.etag });
    assert.ok(second.outcome === 'written');
    assert.deepEqual(await putSmallObject(api, 'x/lock.json', bytes('4'), { etag: first.etag }), {
      outcome: 'refused',
    });
    const found = await getSmallObject(api, 'x/lock.json');
    assert.deepEqual([found?.etag, Buffer.from(found?.bytes ?? []).toString()], [second.etag, '3']);
    await api.close();
  });

  test('putSmallObject of 8 writers at once has one winner in each of 20 rounds', async () => {
    const api = new S3Api(server.location('x'), s3Services());
    let etag: string | undefined;
    for (let round = 0; round < 20; round += 1) {
      const condition = etag === undefined ? 'absent' : { etag };
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          putSmallObject(api, 'x/swapped', bytes(`${round} ${at}`), condition, { once: true }),
        ),
      );
      const written = outcomes.flatMap((each) => (each.outcome === 'written' ? [each] : []));
      assert.equal(written.length, 1);
      etag = written[0]?.etag;
    }
    await api.close();
  });
});

describe('small objects that are sent once', () => {
  test('putSmallObject sends nothing twice, and does not wait for the ceiling', async () => {
    await using faults = await FaultServer.start();
    const services = s3Services();
    const api = new S3Api(faults.location(), services);
    faults.fail('put', errorAnswer(503, 'SlowDown'));
    await assert.rejects(putSmallObject(api, 'k', bytes('1'), 'absent', { once: true }), { code: 'unavailable' });
    faults.fail('put', errorAnswer(409, 'ConditionalRequestConflict'));
    assert.deepEqual(await putSmallObject(api, 'k', bytes('1'), 'absent', { once: true }), { outcome: 'conflict' });
    assert.equal(faults.count('put'), 2);
    assert.equal(services.traffic.snapshot()[0]?.requests, 2);
    await api.close();
  });
});
