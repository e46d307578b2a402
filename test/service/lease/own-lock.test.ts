import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LeaseKeeper } from '../../../src/engine/lease/lease-keeper.ts';
import { decodeLeaseRecord, type LeaseRecord } from '../../../src/replica/lease/lease-record.ts';
import { type MemoryLeaseObject, MemoryLeaseStore } from '../../../src/replica/memory/memory-lease-store.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { OwnLock } from '../../../src/service/lease/own-lock.ts';
import { SteppedClock } from '../../engine/lease/stepped-clock.ts';

const ttlMs = 30_000;
const marginMs = 5_000;
const holder = { at: '..', owner: 'host-a', hostname: 'a', epoch: 5 };

class LockScene {
  readonly clock = new SteppedClock();
  readonly object: MemoryLeaseObject = { bytes: undefined, writes: 0 };
  readonly lock = new OwnLock(new MemoryLeaseStore({ object: this.object }), { clock: this.clock });

  get record(): LeaseRecord {
    return decodeLeaseRecord(this.object.bytes ?? Buffer.alloc(0), 'lock.json');
  }

  /** A host that replicates this database alone. */
  async single(owner: string): Promise<LeaseKeeper> {
    const store = new MemoryLeaseStore({ object: this.object });
    const keeper = new LeaseKeeper({ store, ttlMs, owner }, { clock: this.clock, logger: silentLogger });
    void keeper.run(new AbortController().signal);
    await this.clock.advance(1);
    return keeper;
  }
}

describe('OwnLock', () => {
  it('points to the shared lease and stays as it is from then on', async () => {
    const scene = new LockScene();
    assert.equal(await scene.lock.pointsTo({}), undefined);
    assert.equal(await scene.lock.point(holder, {}), 0);
    assert.equal(await scene.lock.pointsTo({}), '..');
    const { generation, owner, hostname, sharedAt } = scene.record;
    assert.deepEqual([generation, owner, hostname, sharedAt], [5, 'host-a', 'a', '..']);
    assert.equal(await scene.lock.point({ ...holder, owner: 'host-b', epoch: 6 }, {}), 0);
    assert.equal(scene.object.writes, 1, 'another holder of that lease has nothing to write');
  });

  it('a pointer to another shared lease is somebody else in this place', async () => {
    const scene = new LockScene();
    await scene.lock.point({ ...holder, at: '../..', owner: 'host-x' }, {});
    const inUse = { name: 'ServiceError', code: 'in-use', message: /under the shared lease at \.\.\/\.\./ };
    await assert.rejects(scene.lock.point(holder, {}), inUse);
    await scene.clock.advance(100 * ttlMs);
    await assert.rejects(scene.lock.point(holder, {}), inUse);
  });

  it('a holder that replicates the database alone is not disturbed while it renews its lease', async () => {
    const scene = new LockScene();
    const single = await scene.single('alone');
    for (let look = 0; look < 10; look += 1) {
      await assert.rejects(scene.lock.point(holder, {}), { code: 'in-use', message: /alone holds it/ });
      await scene.clock.advance(ttlMs / 2);
    }
    await single.release();
    assert.equal(await scene.lock.point(holder, {}), 1);
    assert.equal(scene.record.sharedAt, '..');
  });

  it('the generation that was there is told, kept, and never falls', async () => {
    const scene = new LockScene();
    const single = await scene.single('alone');
    await single.raiseAbove(8);
    await single.release();
    assert.equal(await scene.lock.point(holder, {}), 9);
    assert.equal(scene.record.generation, 9);
  });

  it('a single holder that is silent for its ttl and a margin is gone', async () => {
    const scene = new LockScene();
    const { object, clock, lock } = scene;
    const single = await scene.single('alone');
    const { bytes } = object;
    await single.release();
    object.bytes = bytes; // as if it had been killed
    object.writes += 1;
    await assert.rejects(lock.point(holder, {}), { code: 'in-use' });
    await clock.advance(ttlMs + marginMs);
    await assert.rejects(lock.point(holder, {}), { code: 'in-use' });
    await clock.advance(1);
    assert.equal(await lock.point(holder, {}), 1);

    const another = new LockScene();
    await another.single('slow');
    await assert.rejects(another.lock.point(holder, {}), { code: 'in-use' });
    await another.clock.advance(ttlMs + marginMs - 1);
    await assert.rejects(another.lock.point(holder, {}), { code: 'in-use' }, 'its renewals were seen, though not each');
  });
});
