import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  askToRaise,
  askToRelease,
  decide,
  initialLease,
  type LeaseStart,
  mayWrite,
} from '../../../src/engine/lease/lease-machine.ts';
import { leasePolicy } from '../../../src/engine/lease/lease-policy.ts';
import { afterCall, type LeaseReply } from '../../../src/engine/lease/lease-reply.ts';
import type { LeaseState } from '../../../src/engine/lease/lease-state.ts';
import type { LeaseRecord } from '../../../src/replica/lease/lease-record.ts';
import { leaseRecord } from '../../conformance/lease-record.ts';

const policy = leasePolicy(30_000);
const failed: LeaseReply = { kind: 'failed', error: new Error('the store is away') };

/** A machine in a test's hands: what it wants to do, and time. */
class Bench {
  nowMs = 0;
  wallOffsetMs = 1_000_000;
  state: LeaseState;
  #nonce = 0;

  constructor(start?: LeaseStart) {
    this.state = initialLease(start);
  }

  get now() {
    return { monotonicMs: this.nowMs, wallMs: this.nowMs + this.wallOffsetMs };
  }

  get mayWrite(): boolean {
    return mayWrite(this.state, this.now);
  }

  get wants() {
    this.#nonce += 1;
    const identity = { owner: 'me', hostname: undefined, txid: undefined };
    const input = { now: this.now, nonce: `mine-${this.#nonce}`, policy, identity, epochFloor: 0 };
    const { state, action } = decide(this.state, input);
    this.state = state;
    return action;
  }

  /** Expects a write, and says what became of it `ms` later. */
  wrote(reply: LeaseReply, ms = 0): LeaseRecord {
    const action = this.wants;
    assert.ok(action.kind === 'write', action.kind);
    this.tell(reply, ms);
    return action.record;
  }

  read(record: LeaseRecord | undefined, tag: string): void {
    assert.equal(this.wants.kind, 'read');
    this.tell({ kind: 'read', stored: record && { record, tag } });
  }

  tell(reply: LeaseReply, ms = 0): void {
    this.nowMs += ms;
    this.state = afterCall(this.state, reply, this.now, policy);
  }

  /** Waits as long as it wants to. */
  rest(): void {
    const action = this.wants;
    assert.ok(action.kind === 'wait', action.kind);
    this.nowMs += action.ms;
  }

  hold(): LeaseRecord {
    this.read(undefined, '');
    return this.wrote({ kind: 'written', tag: 'T1' });
  }
}

describe('lease machine', () => {
  test('decide creates a lease where there is none, with generation 1', () => {
    const bench = new Bench();
    assert.equal(bench.hold().generation, 1);
    assert.ok(bench.mayWrite);
  });

  test('a deadline counts from when the renewal was sent, by both clocks', () => {
    const bench = new Bench();
    bench.read(undefined, '');
    bench.wrote({ kind: 'written', tag: 'T1' }, 4_000);
    bench.nowMs = 24_999;
    assert.ok(bench.mayWrite);
    bench.wallOffsetMs += 1;
    assert.ok(!bench.mayWrite, 'the wall clock was stepped');
    bench.wallOffsetMs -= 60_000;
    assert.ok(bench.mayWrite);
    bench.nowMs = 25_000;
    assert.ok(!bench.mayWrite, 'the monotonic clock alone');
  });

  test('a free lease is one whose tag stood for ttl and margin, not one that has expired by its own words', () => {
    const bench = new Bench();
    const theirs = leaseRecord({ owner: 'other', generation: 4, expiresAtMs: 0 });
    bench.read(theirs, 'A');
    for (; bench.nowMs < 20_000; bench.read(theirs, 'A')) bench.rest();
    bench.rest();
    bench.read(theirs, 'B'); // renewed
    const seenAtMs = bench.nowMs;
    for (bench.rest(); bench.nowMs < seenAtMs + 35_000; bench.rest()) bench.read(theirs, 'B');
    assert.equal(bench.nowMs, seenAtMs + 35_000, 'not a poll later');
    assert.equal(bench.wrote({ kind: 'written', tag: 'C' }).generation, 5);
  });

  test('a lease without a ttl is waited for as for Litestream; a released one is taken at once', () => {
    const bench = new Bench();
    bench.read(leaseRecord({ owner: 'litestream', ttlMs: undefined, nonce: '' }), 'A');
    bench.nowMs = 34_999;
    assert.equal(bench.wants.kind, 'read');
    const other = new Bench();
    other.read(leaseRecord({ owner: '', generation: 8 }), 'A');
    assert.equal(other.wrote({ kind: 'refused' }).generation, 9);
  });

  test('a lock that only names a shared lease is never taken by waiting', () => {
    const bench = new Bench();
    bench.read(leaseRecord({ sharedAt: '../..' }), 'A');
    bench.nowMs = 1e9;
    assert.equal(bench.wants.kind, 'read');
  });

  test('a refused renewal is read: our own earlier attempt is adopted, with its own time', () => {
    const bench = new Bench();
    bench.hold();
    bench.rest();
    const sentAtMs = bench.nowMs;
    const lost = bench.wrote(failed, 5_000);
    bench.rest();
    bench.wrote({ kind: 'refused' });
    assert.ok(!bench.mayWrite, 'not before it is known who has it');
    bench.read(lost, 'T2');
    assert.ok(bench.mayWrite);
    bench.nowMs = sentAtMs + 25_000 - 1;
    assert.ok(bench.mayWrite);
    bench.nowMs += 1;
    assert.ok(!bench.mayWrite);
  });

  test('a refused renewal is read: the nonce of somebody else means that the lease is lost', () => {
    const bench = new Bench();
    const own = bench.hold();
    bench.rest();
    bench.wrote({ kind: 'refused' });
    bench.read({ ...own, nonce: 'theirs', generation: 2 }, 'X');
    assert.ok(!bench.mayWrite);
    assert.equal(bench.state.phase.kind, 'following');
    assert.equal(bench.wants.kind, 'wait');
  });

  test('a late attempt of ours below a generation that was seen is raised before anything is written', () => {
    const bench = new Bench();
    bench.read(undefined, '');
    const late = bench.wrote(failed);
    bench.rest();
    bench.read(leaseRecord({ generation: 6, owner: 'other' }), 'A');
    bench.rest();
    bench.read(late, 'B');
    assert.ok(!bench.mayWrite);
    assert.equal(bench.wrote({ kind: 'written', tag: 'C' }).generation, 7);
    assert.ok(bench.mayWrite);
  });

  test('the epoch is above the last one, also when the lease object is gone', () => {
    const bench = new Bench({ lastEpoch: 12 });
    assert.equal(bench.hold().generation, 13);
    bench.rest();
    bench.wrote({ kind: 'refused' });
    bench.read(undefined, '');
    assert.equal(bench.wrote({ kind: 'written', tag: 'T9' }).generation, 14);
  });

  test('an own lease is taken back at once by tag and nonce together', () => {
    const remembered = { tag: 'A', nonce: 'n' };
    const bench = new Bench({ remembered });
    bench.read(leaseRecord({ generation: 3, nonce: 'n' }), 'A');
    assert.equal(bench.wrote({ kind: 'written', tag: 'B' }).generation, 4);
    for (const [nonce, tag] of [
      ['n', 'B'],
      ['m', 'A'],
    ] as const) {
      const other = new Bench({ remembered });
      other.read(leaseRecord({ nonce }), tag);
      assert.equal(other.wants.kind, 'wait');
    }
  });

  test('askToRaise renews at once above what was asked for', () => {
    const bench = new Bench();
    bench.hold();
    bench.state = askToRaise(bench.state, 30);
    assert.equal(bench.wrote({ kind: 'written', tag: 'T2' }).generation, 31);
    assert.equal(bench.wants.kind, 'wait');
  });

  test('askToRelease writes the lease free over what stands there, and leaves one that went to another', () => {
    const bench = new Bench();
    bench.hold();
    bench.rest();
    const lost = bench.wrote(failed);
    bench.state = askToRelease(bench.state);
    assert.ok(!bench.mayWrite);
    bench.wrote({ kind: 'refused' });
    bench.read(lost, 'T2');
    const { owner, generation } = bench.wrote({ kind: 'written', tag: 'T3' });
    assert.deepEqual([owner, generation], ['', 1]);
    assert.equal(bench.wants.kind, 'end');
    const other = new Bench();
    other.hold();
    other.state = askToRelease(other.state);
    other.wrote({ kind: 'refused' });
    other.read(leaseRecord({ owner: 'other' }), 'X');
    assert.equal(other.wants.kind, 'end');
  });

  test('leasePolicy spends a ttl, and refuses one that leaves no time', () => {
    const { marginMs, renewMs, pollMs } = policy;
    assert.deepEqual({ marginMs, renewMs, pollMs }, { marginMs: 5_000, renewMs: 10_000, pollMs: 1_500 });
    assert.equal(leasePolicy(3_000).marginMs, 1_000);
    assert.throws(() => leasePolicy(2_999), RangeError);
    assert.throws(() => leasePolicy(Number.NaN), RangeError);
  });
});
