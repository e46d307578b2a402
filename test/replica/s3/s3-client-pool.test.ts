import assert from 'node:assert/strict';
import { test } from 'node:test';
import { S3ClientPool } from '../../../src/replica/s3/s3-client-pool.ts';
import { s3Location } from '../../../src/replica/s3/s3-location.ts';
import { StoreTraffic } from '../../../src/replica/store-traffic.ts';
import { systemClock } from '../../../src/runtime/clock.ts';

test('S3ClientPool gives replicas that speak to a store in the same way one client, until the last gave it back', async () => {
  const pool = new S3ClientPool(new StoreTraffic({ callsPerSecond: 0 }, { clock: systemClock }));
  const at = (bucket: string, endpoint = 'http://localhost:9000') => {
    return { location: s3Location({ bucket, endpoint }), region: 'us-east-1' };
  };
  const [first, second] = await Promise.all([pool.acquire(at('one')), pool.acquire(at('two'))]);
  assert.equal(first, second);
  assert.notEqual(await pool.acquire(at('one', 'http://localhost:9001')), first);
  assert.notEqual(await pool.acquire({ ...at('one'), region: 'other' }), first);
  await pool.release(at('one'));
  assert.equal(await pool.acquire(at('three')), first);
  await pool.release(at('two'));
  await pool.release(at('three'));
  assert.notEqual(await pool.acquire(at('one')), first);
});
