import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MemoryLeaseObject, MemoryLeaseStore } from '../../../src/replica/memory/memory-lease-store.ts';
import { ReplicaError } from '../../../src/replica/replica-error.ts';
import { leaseRecord } from '../../conformance/lease-record.ts';
import { describeLeaseStore } from '../../conformance/lease-store.ts';

describeLeaseStore('memory', async () => {
  const object: MemoryLeaseObject = { bytes: undefined, writes: 0 };
  const open = () => new MemoryLeaseStore({ name: 'lock.json', object });
  return {
    store: open(),
    reopen: open,
    async plant(bytes) {
      object.bytes = bytes;
      object.writes += 1;
    },
    async [Symbol.asyncDispose]() {},
  };
});

test('MemoryLeaseStore fails the calls that a test picks', async () => {
  const failure = new ReplicaError('unavailable', 'Cannot reach the store: it is away');
  let failing: string | undefined;
  const store = new MemoryLeaseStore({ fault: (operation) => (operation === failing ? failure : undefined) });
  failing = 'write';
  await assert.rejects(store.write(leaseRecord(), undefined), failure);
  assert.equal(await store.read(), undefined);
  failing = 'read';
  await store.write(leaseRecord(), undefined);
  await assert.rejects(store.read(), failure);
});
