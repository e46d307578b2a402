import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ViewedLease } from '../../../src/engine/lease/viewed-lease.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { decodeLeaseRecord } from '../../../src/replica/lease/lease-record.ts';
import type { OpenedLease } from '../../../src/service/lease/lease-desk.ts';
import { ServiceError } from '../../../src/service/service-error.ts';
import { LeaseChannel, marginMs, request, ttlMs } from './lease-channel.ts';

const lost = { name: 'EngineError', code: 'lease-lost' };
const recordOf = ({ object }: LeaseChannel) => decodeLeaseRecord(object.bytes ?? Buffer.alloc(0), 'lock.json');

async function opened(channel: LeaseChannel): Promise<OpenedLease> {
  const lease = await channel.remote.open(request, {});
  await channel.clock.advance(1);
  assert.ok(lease !== undefined);
  assert.ok(lease.mayWrite());
  return lease;
}

function takenByOther({ object }: LeaseChannel): void {
  const record = { generation: 7, owner: 'other', expires_at: new Date().toISOString(), ttl_ms: ttlMs };
  object.bytes = Buffer.from(JSON.stringify(record));
  object.writes += 1;
}

describe('RemoteLease', () => {
  it('is held in one term as long as its keeper renews it', async () => {
    const channel = new LeaseChannel();
    const lease = await opened(channel);
    const { heldSignal } = lease;
    lease.noteTxid(toTxid(9));
    await channel.clock.advance(10 * ttlMs);
    assert.ok(lease.mayWrite() && !heldSignal.aborted);
    assert.equal(lease.heldSignal, heldSignal);
    assert.equal(lease.deadline?.monotonicMs, channel.clock.monotonic() - 1 + ttlMs - marginMs);
    assert.equal(recordOf(channel).txid, 9n);
    await lease.close();
  });

  it('a term whose deadline passes before news of a renewal come is over, and late news begin another one', async () => {
    const channel = new LeaseChannel();
    const lease = await opened(channel);
    const viewed = new ViewedLease(lease, lease);
    const { term } = viewed;
    assert.ok(term !== undefined);
    const states: string[] = [];
    lease.onChange(({ kind }) => states.push(kind));
    channel.holdBack();
    await channel.clock.advance(ttlMs - marginMs - 2);
    assert.ok(term.mayWrite());
    await channel.clock.advance(3);
    assert.ok(!term.mayWrite() && term.signal.aborted);
    assert.deepEqual(
      [lease.state.kind, lease.deadline, viewed.term, states],
      ['lapsed', undefined, undefined, ['lapsed']],
    );
    const next = viewed.nextTerm(term, {});
    await channel.letThrough();
    const { epoch, signal, mayWrite } = await next;
    assert.deepEqual([epoch, signal.aborted, mayWrite()], [1, false, true]);
    assert.notEqual(signal, term.signal);
    assert.ok(!term.mayWrite(), 'the old term stays over');
    await lease.close();
  });

  it('may not write once the wall clock has jumped over the deadline', async () => {
    const channel = new LeaseChannel();
    const lease = await opened(channel);
    channel.holdBack();
    channel.clock.stepWall(ttlMs);
    assert.ok(!lease.mayWrite());
    await channel.letThrough();
    await lease.close();
  });

  it('is lost when its keeper says so', async () => {
    const channel = new LeaseChannel();
    const lease = await opened(channel);
    const { heldSignal } = lease;
    takenByOther(channel);
    await channel.clock.advance(ttlMs / 3 + 1);
    assert.ok(heldSignal.aborted && !lease.mayWrite());
    assert.deepEqual([lease.state.kind, 'holder' in lease.state && lease.state.holder?.owner], ['standby', 'other']);
    await lease.close();
  });

  it('raises its epoch through its keeper, within the term', async () => {
    const channel = new LeaseChannel();
    const lease = await opened(channel);
    const { heldSignal } = lease;
    assert.equal(await lease.raiseAbove(7), 8);
    assert.equal('epoch' in lease.state && lease.state.epoch, 8);
    assert.ok(!heldSignal.aborted && lease.heldSignal === heldSignal);
    await lease.close();
  });

  it('a raise rejects when the lease is lost or closed before, or its signal aborts', async () => {
    const channel = new LeaseChannel();
    const lease = await opened(channel);
    const stop = new AbortController();
    channel.holdBack();
    const stopped = lease.raiseAbove(3, stop.signal);
    const unanswered = lease.raiseAbove(4);
    stop.abort(new Error('no longer wanted'));
    await assert.rejects(stopped, /no longer wanted/);
    await assert.rejects(lease.raiseAbove(5, stop.signal), /no longer wanted/);
    const closing = lease.close();
    await assert.rejects(unanswered, lost);
    await assert.rejects(lease.raiseAbove(6), lost);
    await channel.letThrough();
    await closing;

    const another = new LeaseChannel();
    const taken = await opened(another);
    takenByOther(another);
    await assert.rejects(taken.raiseAbove(9), lost);
    await taken.close();
  });

  it('close ends writing at the call and gives the lease back', async () => {
    const channel = new LeaseChannel();
    const lease = await opened(channel);
    const { heldSignal } = lease;
    channel.holdBack();
    const closing = lease.close();
    assert.ok(heldSignal.aborted && !lease.mayWrite());
    await channel.clock.advance(1);
    assert.equal(recordOf(channel).owner, '');
    await channel.letThrough();
    await closing;
    assert.ok(heldSignal.aborted && lease.heldSignal.aborted);
  });
});

describe('RemoteLeases', () => {
  it('without the process that keeps them leases are held up to their deadline, and close at once', async () => {
    const channel = new LeaseChannel();
    const lease = await opened(channel);
    const standby = await channel.remote.open(request, {});
    channel.holdBack();
    const raise = lease.raiseAbove(7);
    const opening = channel.remote.open(request, {});
    const closed = standby?.close();
    channel.remote.end();
    await assert.rejects(raise, lost);
    await assert.rejects(lease.raiseAbove(8), lost);
    await assert.rejects(opening, { name: 'ServiceError', code: 'stopped' });
    await assert.rejects(channel.remote.open(request, {}), { name: 'ServiceError', code: 'stopped' });
    await closed;
    assert.ok(lease.mayWrite());
    await channel.clock.advance(ttlMs - marginMs);
    assert.ok(!lease.mayWrite() && lease.heldSignal.aborted);
    await lease.close();
  });

  it('an opening that fails is that failure here too', async () => {
    const unproven = new ServiceError('lease-unproven', 'Cannot hold lease x: it is not proven', {
      hint: 'look there',
    });
    const refusing = new LeaseChannel({ open: () => Promise.reject(unproven) });
    await assert.rejects(refusing.remote.open(request, {}), {
      name: 'ServiceError',
      code: 'lease-unproven',
      message: unproven.message,
      hint: 'look there',
    });
    const failing = new LeaseChannel({ open: () => Promise.reject(new TypeError('a mistake')) });
    await assert.rejects(failing.remote.open(request, {}), { code: 'in-shard', message: 'a mistake' });
    const without = new LeaseChannel({ open: async () => undefined });
    assert.equal(await without.remote.open(request, {}), undefined);
  });

  it('an opening that is given up rejects at once, and is closed again when it succeeds after all', async () => {
    const channel = new LeaseChannel();
    const stop = new AbortController();
    channel.holdBack();
    const opening = channel.remote.open(request, { signal: stop.signal });
    await channel.clock.advance(1);
    assert.equal(recordOf(channel).owner, 'shard');
    stop.abort(new Error('too late'));
    await assert.rejects(opening, /too late/);
    await channel.letThrough();
    await channel.clock.advance(1);
    assert.equal(recordOf(channel).owner, '');
    await assert.rejects(channel.remote.open(request, { signal: stop.signal }), /too late/);
  });
});

describe('ServedLeases', () => {
  it('what a shard that died held is given back, also what it was about to get', async () => {
    const channel = new LeaseChannel();
    const lease = await opened(channel);
    channel.holdBack(); // nobody is there to hear it
    await channel.served.end();
    assert.equal(recordOf(channel).owner, '');
    lease.giveUp();
    lease.noteTxid(toTxid(1));
    await channel.clock.advance(ttlMs);
    assert.equal(recordOf(channel).owner, '', 'messages about what is gone are passed over');

    let letOpen = () => {};
    const mayOpen = new Promise<void>((resolve) => {
      letOpen = resolve;
    });
    const slow: LeaseChannel = new LeaseChannel({
      open: async () => {
        await mayOpen;
        return slow.keep('late');
      },
    });
    slow.remote.open(request, {}).catch(() => {});
    await slow.clock.advance(1);
    const ended = slow.served.end();
    letOpen();
    await ended;
    await slow.clock.advance(1);
    assert.ok(slow.object.bytes === undefined || recordOf(slow).owner === '');
    await slow.clock.advance(10 * ttlMs);
    assert.ok(slow.object.writes <= 2, `${slow.object.writes} writes: nobody renews it`);
  });
});
