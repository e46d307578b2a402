import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeLeaseRecord, encodeLeaseRecord } from '../../../src/replica/lease/lease-record.ts';
import { leaseRecord } from '../../conformance/lease-record.ts';

const decode = (text: string) => decodeLeaseRecord(Buffer.from(text), 's3://bucket/db/lock.json');

describe('lease record', () => {
  test('encodeLeaseRecord writes what Litestream reads: generation, expires_at, owner', () => {
    const record = leaseRecord({ generation: 7, txid: 26n, hostname: 'db-1' });
    assert.deepEqual(JSON.parse(Buffer.from(encodeLeaseRecord(record)).toString()), {
      generation: 7,
      owner: 'app-1:17',
      expires_at: '2025-11-21T09:06:40.123Z',
      ttl_ms: 30_000,
      nonce: '00112233445566778899aabbccddeeff',
      hostname: 'db-1',
      txid: '000000000000001a',
    });
  });

  test('decodeLeaseRecord reads back every record', () => {
    const records = [
      leaseRecord(),
      leaseRecord({ owner: '', txid: 1n }),
      leaseRecord({ generation: 2 ** 32 - 1, sharedAt: '../..' }),
    ];
    for (const record of records) assert.deepEqual(decodeLeaseRecord(encodeLeaseRecord(record), 'x'), record);
  });

  test('decodeLeaseRecord reads a lease of Litestream: nanoseconds, an offset, no owner, fields of later versions', () => {
    const record = decode('{"generation":3,"expires_at":"2025-11-21T10:06:40.123456789+01:00","later":1}');
    assert.deepEqual(record, leaseRecord({ generation: 3, owner: '', ttlMs: undefined, nonce: '' }));
  });

  for (const [state, text] of [
    ['it is not JSON', 'x'],
    ['generation: ', '{"generation":0,"expires_at":"2025-11-21T09:06:40Z"}'],
    ['generation: ', '{"generation":4294967296,"expires_at":"2025-11-21T09:06:40Z"}'],
    ['expires_at: ', '{"generation":1,"expires_at":"tomorrow"}'],
    ['ttl_ms: ', '{"generation":1,"expires_at":"2025-11-21T09:06:40Z","ttl_ms":-5}'],
    ['its content: ', '[]'],
  ] as const) {
    test(`decodeLeaseRecord refuses ${text}, naming the object`, () => {
      const message = new RegExp(`^Cannot read lease s3://bucket/db/lock.json: ${state}`);
      assert.throws(() => decode(text), { name: 'ReplicaError', code: 'invalid-lease', message });
    });
  }
});
