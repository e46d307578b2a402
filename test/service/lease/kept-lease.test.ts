import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeLeaseRecord } from '../../../src/replica/lease/lease-record.ts';
import { LeaseChannel, marginMs, ttlMs } from './lease-channel.ts';

const awayMs = 60_000;
const ownerOf = ({ object }: LeaseChannel) => decodeLeaseRecord(object.bytes ?? Buffer.alloc(0), 'lock.json').owner;

describe('KeptLease', () => {
  it('a lease that is given up is left alone for a minute, then followed and taken again under a new epoch', async () => {
    const scene = new LeaseChannel();
    const lease = scene.keep('one');
    await scene.clock.advance(ttlMs);
    const { heldSignal } = lease;
    const kinds: string[] = [];
    lease.onChange(({ kind }) => kinds.push(kind));
    lease.giveUp();
    lease.giveUp();
    assert.deepEqual(lease.state, { kind: 'standby', holder: undefined });
    await scene.clock.advance(1);
    assert.ok(heldSignal.aborted && !lease.mayWrite());
    assert.equal(ownerOf(scene), '');
    await scene.clock.advance(awayMs - 10);
    assert.deepEqual([ownerOf(scene), lease.state.kind], ['', 'standby']);
    await scene.clock.advance(20);
    assert.ok(lease.mayWrite() && !lease.heldSignal.aborted);
    assert.equal('epoch' in lease.state && lease.state.epoch, 2);
    assert.ok(kinds.includes('standby') && kinds.at(-1) === 'held');
    lease.giveUp();
    await scene.clock.advance(1);
    assert.equal(ownerOf(scene), '', 'as often as it is asked for');
    await lease.close();
  });

  it('another host takes what was given up, and is followed afterwards', async () => {
    const scene = new LeaseChannel();
    const one = scene.keep('one');
    await scene.clock.advance(1);
    const two = scene.keep('two');
    await scene.clock.advance(ttlMs);
    one.giveUp();
    await scene.clock.advance(2_000);
    assert.ok(two.mayWrite());
    await scene.clock.advance(awayMs + ttlMs);
    assert.deepEqual([one.state.kind, 'holder' in one.state && one.state.holder?.owner], ['standby', 'two']);
    await two.close();
    await scene.clock.advance(2_000);
    assert.ok(one.mayWrite());
    await one.close();
  });

  it('close gives the lease back, also while it stays away, and ends at once', async () => {
    const scene = new LeaseChannel();
    const lease = scene.keep('one');
    await scene.clock.advance(1);
    lease.giveUp();
    await scene.clock.advance(awayMs / 2);
    await lease.close();
    await scene.clock.advance(2 * awayMs);
    assert.equal(ownerOf(scene), '');
    assert.equal(scene.object.writes, 2, 'taken and given back');
    lease.giveUp();
    await scene.clock.advance(2 * awayMs);
    assert.equal(scene.object.writes, 2, 'what is closed is not followed again');

    const held = scene.keep('two');
    await scene.clock.advance(ttlMs + marginMs);
    held.giveUp();
    await held.close();
    assert.deepEqual([ownerOf(scene), held.mayWrite()], ['', false]);
  });
});
