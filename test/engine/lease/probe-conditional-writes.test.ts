import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { probeConditionalWrites } from '../../../src/engine/lease/probe-conditional-writes.ts';
import type { LeaseStore } from '../../../src/replica/lease/lease-store.ts';
import { MemoryLeaseStore } from '../../../src/replica/memory/memory-lease-store.ts';
import { ReplicaError } from '../../../src/replica/replica-error.ts';

describe('probeConditionalWrites', () => {
  test('probeConditionalWrites proves a store that has them, again and beside another probe', async () => {
    const object = { bytes: undefined, writes: 0 };
    const probe = () => probeConditionalWrites(new MemoryLeaseStore({ object }));
    assert.equal(await probe(), 'proven');
    assert.deepEqual(await Promise.all([probe(), probe(), probe()]), ['proven', 'proven', 'proven']);
  });

  test('probeConditionalWrites tells of a store that passes over the condition of a create', async () => {
    const store = careless((seen) => seen === undefined);
    assert.deepEqual(await probeConditionalWrites(store), {
      reason: 'it replaced an object that was only to be created',
    });
  });

  test('probeConditionalWrites tells of a store that passes over the tag', async () => {
    const store = careless((seen) => seen !== undefined);
    assert.deepEqual(await probeConditionalWrites(store), { reason: 'it replaced an object that had changed' });
  });

  test('probeConditionalWrites tells of a store that refuses every replacement', async () => {
    const inner = new MemoryLeaseStore();
    const store: LeaseStore = {
      url: inner.url,
      read: () => inner.read(),
      write: async (record, seen) => (seen === undefined ? inner.write(record, seen) : { outcome: 'refused' }),
      close: () => inner.close(),
    };
    assert.deepEqual(await probeConditionalWrites(store), {
      reason: 'it refused to replace an object that had not changed',
    });
  });

  test('probeConditionalWrites rejects as the store does', async () => {
    const error = new ReplicaError('unavailable', 'Cannot reach the store: it is away');
    await assert.rejects(probeConditionalWrites(new MemoryLeaseStore({ fault: () => error })), error);
  });
});

/** Writes whatever the condition where `isPassedOver` says so. */
function careless(isPassedOver: (seen: unknown) => boolean): LeaseStore {
  const inner = new MemoryLeaseStore();
  return {
    url: inner.url,
    read: () => inner.read(),
    write: async (record, seen) => inner.write(record, isPassedOver(seen) ? await inner.read() : seen),
    close: () => inner.close(),
  };
}
