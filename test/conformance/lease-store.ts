import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LeaseRecord } from '../../src/replica/lease/lease-record.ts';
import type { LeaseStore } from '../../src/replica/lease/lease-store.ts';
import { leaseRecord } from './lease-record.ts';

/** A lease object of its own for one test, which does not exist yet. */
export interface LeaseFixture extends AsyncDisposable {
  readonly store: LeaseStore;
  /** Another store over the same object. */
  reopen(): LeaseStore;
  /** Puts bytes where the lease lies, by other means than a store. */
  plant(bytes: Uint8Array): Promise<void>;
}

const closed = { name: 'ReplicaError', code: 'closed' };
const rounds = 60;
const candidates = 8;

/** Everything the port's comments promise, for one adapter. */
export function describeLeaseStore(name: string, open: () => Promise<LeaseFixture>): void {
  describe(`lease store ${name}`, { concurrency: false }, () => {
    describe('read and write', () => callTests(open));
    describe('of many at once', () => raceTests(open));
    describe('close', () => lifecycleTests(open));
  });
}

function callTests(open: () => Promise<LeaseFixture>): void {
  test('read gives undefined before the first write', async () => {
    await using lease = await open();
    assert.equal(await lease.store.read(), undefined);
  });

  test('write creates what another store reads, under the tag it returned', async () => {
    await using lease = await open();
    const record = leaseRecord({ generation: 7, txid: 0x2an, hostname: 'db-1' });
    const tag = await written(lease.store, record, undefined);
    assert.deepEqual(await lease.reopen().read(), { record, tag });
  });

  test('write without a lease seen is refused when there is one, which stays', async () => {
    await using lease = await open();
    const record = leaseRecord({ nonce: 'first' });
    await written(lease.store, record, undefined);
    assert.deepEqual(await lease.reopen().write(leaseRecord(), undefined), { outcome: 'refused' });
    assert.deepEqual((await lease.store.read())?.record, record);
  });

  test('write replaces the lease that was seen, again and again', async () => {
    await using lease = await open();
    let tag = await written(lease.store, leaseRecord(), undefined);
    const tags = new Set([tag]);
    for (let generation = 2; generation <= 40; generation += 1) {
      const record = leaseRecord({ generation });
      tag = await written(lease.reopen(), record, { record: leaseRecord({ generation: 1 }), tag });
      assert.deepEqual(await lease.store.read(), { record, tag });
      tags.add(tag);
    }
    assert.equal(tags.size, 40);
  });

  test('write over any lease seen earlier is refused, however long ago, and the present one stays', async () => {
    await using lease = await open();
    const seen = [{ record: leaseRecord(), tag: await written(lease.store, leaseRecord(), undefined) }];
    for (let generation = 2; generation <= 40; generation += 1) {
      const record = leaseRecord({ generation });
      seen.push({ record, tag: await written(lease.store, record, seen.at(-1)) });
    }
    const present = seen.pop();
    for (const old of [undefined, ...seen]) {
      assert.deepEqual(await lease.reopen().write(leaseRecord(), old), { outcome: 'refused' });
      assert.deepEqual(await lease.store.read(), present);
    }
    await written(lease.store, leaseRecord({ generation: 99 }), present);
  });

  test('write of the same record again gives another tag', async () => {
    await using lease = await open();
    const record = leaseRecord({ nonce: 'one' });
    const first = await written(lease.store, record, undefined);
    await written(lease.store, leaseRecord({ nonce: 'two' }), { record, tag: first });
    assert.deepEqual(await lease.store.write(leaseRecord(), { record, tag: first }), { outcome: 'refused' });
  });

  test('read of an object that is no lease names it', async () => {
    await using lease = await open();
    await lease.plant(Buffer.from('<html>'));
    await assert.rejects(lease.store.read(), {
      name: 'ReplicaError',
      code: 'invalid-lease',
      message: /lock.*not JSON/,
    });
  });

  test('read and write reject with the reason of a signal that has aborted', async () => {
    await using lease = await open();
    const reason = new Error('no longer wanted');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(lease.store.read({ signal }), reason);
    await assert.rejects(lease.store.write(leaseRecord(), undefined, { signal }), reason);
    assert.equal(await lease.store.read(), undefined);
  });
}

function raceTests(open: () => Promise<LeaseFixture>): void {
  test(`write of ${candidates} at once has exactly one winner in each of ${rounds} rounds, create and replace`, async () => {
    await using lease = await open();
    const stores = Array.from({ length: candidates }, () => lease.reopen());
    let seen = await lease.store.read();
    for (let round = 1; round <= rounds; round += 1) {
      const records = stores.map((_, at) => leaseRecord({ generation: round, nonce: `${round}-${at}` }));
      const outcomes = await Promise.all(stores.map((store, at) => store.write(records[at] ?? leaseRecord(), seen)));
      const winners = outcomes.flatMap((outcome, at) => (outcome.outcome === 'written' ? [{ ...outcome, at }] : []));
      assert.equal(winners.length, 1, `round ${round}`);
      const before: unknown = seen;
      seen = await lease.store.read();
      assert.deepEqual(seen, { record: records[winners[0]?.at ?? -1], tag: winners[0]?.tag });
      assert.notDeepEqual(seen, before);
    }
  });

  test('read beside writes never misses the lease and never goes back', async () => {
    await using lease = await open();
    const record = leaseRecord();
    let seen = { record, tag: await written(lease.store, record, undefined) };
    const reader = lease.reopen();
    let isDone = false;
    const reading = (async () => {
      for (let newest = 1; !isDone; ) {
        const generation = (await reader.read())?.record.generation ?? 0;
        assert.ok(generation >= newest, `generation ${generation} after ${newest}`);
        newest = generation;
      }
    })();
    for (let generation = 2; generation <= rounds; generation += 1) {
      const next = leaseRecord({ generation });
      seen = { record: next, tag: await written(lease.store, next, seen) };
    }
    isDone = true;
    await reading;
  });
}

function lifecycleTests(open: () => Promise<LeaseFixture>): void {
  test('close refuses later calls and may be called again', async () => {
    await using lease = await open();
    const writing = lease.store.write(leaseRecord(), undefined);
    await Promise.all([lease.store.close(), lease.store.close()]);
    assert.equal((await writing).outcome, 'written');
    await assert.rejects(lease.store.read(), closed);
    await assert.rejects(lease.store.write(leaseRecord(), undefined), closed);
    assert.ok((await lease.reopen().read()) !== undefined);
  });

  test('url says where the lease is', async () => {
    await using lease = await open();
    assert.match(lease.store.url, /^[a-z0-9]+:/);
    assert.equal(lease.reopen().url, lease.store.url);
  });
}

async function written(
  store: LeaseStore,
  record: LeaseRecord,
  seen: Parameters<LeaseStore['write']>[1],
): Promise<string> {
  const result = await store.write(record, seen);
  assert.ok(result.outcome === 'written', 'it was refused');
  return result.tag;
}
