import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { decodeLeaseRecord } from '../../../src/replica/lease/lease-record.ts';
import { LeaseScene, marginMs, NotedLease, ttlMs } from './lease-scene.ts';

const lost = { name: 'EngineError', code: 'lease-lost' };
const never = new AbortController().signal;
const record = (scene: LeaseScene) => decodeLeaseRecord(scene.object.bytes ?? Buffer.alloc(0), 'lock.json');

describe('LeaseKeeper', () => {
  test('run takes a free lease, renews it every third of its ttl and says so once', async () => {
    const scene = new LeaseScene();
    const one = scene.start('one', { hostname: 'db-1' });
    assert.equal(await one.keeper.waitHeld(never), 1);
    assert.ok(one.keeper.mayWrite() && !one.keeper.heldSignal.aborted);
    one.keeper.noteTxid(toTxid(7));
    await scene.clock.advance(10 * ttlMs);
    assert.deepEqual(one.calls, { read: 1, write: 31 });
    const { generation, owner, hostname, txid } = record(scene);
    assert.deepEqual(
      { generation, owner, hostname, txid },
      { generation: 1, owner: 'one', hostname: 'db-1', txid: 7n },
    );
    assert.deepEqual(one.lines, ['info lease acquired']);
    await one.kill();
  });

  test('run follows a lease that is held, and takes it when it was not renewed for ttl and margin', async () => {
    const scene = new LeaseScene();
    const one = scene.start('one');
    await one.keeper.waitHeld(never);
    const two = scene.start('two', { epochFloor: () => 7 });
    await scene.clock.advance(4 * ttlMs);
    assert.equal(two.keeper.state.kind, 'standby');
    assert.equal('holder' in two.keeper.state && two.keeper.state.holder?.owner, 'one');
    await one.kill();
    await scene.clock.advance(ttlMs);
    assert.ok(!two.keeper.mayWrite());
    await scene.clock.advance(marginMs + 1_500);
    assert.ok(two.keeper.mayWrite());
    assert.equal(await two.keeper.waitHeld(never), 8, 'above the floor that it was given');
    assert.deepEqual(two.lines, ['info lease is held by another process, waiting for it', 'info lease acquired']);
    await two.kill();
  });

  test('release gives the lease back: the next one has it within a poll', async () => {
    const scene = new LeaseScene();
    const one = scene.start('one');
    await one.keeper.waitHeld(never);
    const { heldSignal } = one.keeper;
    const two = scene.start('two');
    await scene.clock.advance(ttlMs);
    const releasing = one.keeper.release();
    assert.ok(!one.keeper.mayWrite() && heldSignal.aborted, 'nothing is sent from the call on');
    await scene.clock.advance(1);
    await releasing;
    assert.equal(record(scene).owner, '');
    await scene.clock.advance(1_500);
    assert.equal(await two.keeper.waitHeld(never), 2);
    assert.deepEqual(one.keeper.state, { kind: 'released' });
    await assert.rejects(one.keeper.waitHeld(never), lost);
    await two.kill();
  });

  test('release of a store that does not answer ends in time', async () => {
    const scene = new LeaseScene();
    const one = scene.start('one');
    await one.keeper.waitHeld(never);
    one.weather = 'hung';
    const releasing = one.keeper.release({ timeoutMs: 2_000 });
    await scene.clock.advance(2_001);
    await releasing;
    assert.equal(one.lines.at(-1), 'warn lease not given back in time, it ends by itself');
  });

  test('release gives back a lease whose acquisition got through without an answer', async () => {
    const scene = new LeaseScene();
    const one = scene.start('one');
    one.weather = 'silent';
    await scene.clock.advance(1);
    assert.equal(record(scene).owner, 'one');
    one.weather = 'fine';
    await one.keeper.release();
    assert.equal(record(scene).owner, '');
  });

  test('run holds a lease whose acquisition got through without an answer, since that was sent', async () => {
    const scene = new LeaseScene();
    const one = scene.start('one');
    one.weather = 'silent';
    await scene.clock.advance(marginMs);
    one.weather = 'fine';
    await scene.clock.advance(1_500);
    assert.equal(await one.keeper.waitHeld(never), 1);
    const { state } = one.keeper;
    assert.equal(state.kind === 'held' && scene.clock.now() + ttlMs - marginMs - state.deadlineMs, marginMs + 1_500);
    assert.equal(one.calls.write, 1);
    await one.kill();
  });

  test('heldSignal aborts at ttl less margin after the last renewal, and a renewal that succeeds makes a new one', async () => {
    for (const weather of ['down', 'hung'] as const) {
      const scene = new LeaseScene();
      const one = scene.start('one');
      await one.keeper.waitHeld(never);
      const { heldSignal } = one.keeper;
      one.weather = weather;
      await scene.clock.advance(ttlMs - marginMs - 10);
      assert.ok(one.keeper.mayWrite() && !heldSignal.aborted);
      await scene.clock.advance(20);
      assert.ok(!one.keeper.mayWrite() && heldSignal.aborted);
      assert.equal(one.keeper.state.kind, 'lapsed');
      one.weather = 'fine';
      await scene.clock.advance(8_000);
      assert.ok(one.keeper.mayWrite() && !one.keeper.heldSignal.aborted);
      assert.equal(await one.keeper.waitHeld(never), 1, 'nobody took it: the epoch is the same');
      assert.deepEqual(
        one.statuses.map(({ kind }) => kind).filter((kind, at, all) => kind !== all[at - 1]),
        ['standby', 'held', 'lapsed', 'held'],
      );
      await one.kill();
    }
  });

  test('mayWrite goes by the wall clock too, which a suspended machine finds ahead', async () => {
    const scene = new LeaseScene();
    const one = scene.start('one');
    await one.keeper.waitHeld(never);
    const { heldSignal } = one.keeper;
    scene.clock.stepWall(ttlMs);
    assert.ok(!one.keeper.mayWrite());
    await scene.clock.advance(marginMs);
    assert.ok(heldSignal.aborted, 'what is under way is cut off');
    assert.ok(one.keeper.mayWrite(), 'and the renewal was due at once');
    await one.kill();
  });

  test('run steps down when another one took the lease while this one could not renew it', async () => {
    const scene = new LeaseScene();
    const one = scene.start('one');
    await one.keeper.waitHeld(never);
    const two = scene.start('two');
    await scene.clock.advance(1);
    one.weather = 'hung';
    await scene.clock.advance(ttlMs + marginMs + 10);
    assert.equal(await two.keeper.waitHeld(never), 2);
    one.weather = 'fine';
    await scene.clock.advance(2 * marginMs);
    assert.equal(one.keeper.state.kind, 'standby');
    assert.ok(one.lines.includes('warn lease lost, nothing is sent until it is taken again'));
    await Promise.all([one.kill(), two.kill()]);
  });

  test('raiseAbove renews at once under a higher epoch, and is over at once when the epoch is high enough', async () => {
    const scene = new LeaseScene();
    const one = scene.start('one');
    await one.keeper.waitHeld(never);
    const raising = one.keeper.raiseAbove(41);
    await scene.clock.advance(1);
    assert.equal(await raising, 42);
    assert.equal(record(scene).generation, 42);
    assert.equal(await one.keeper.raiseAbove(10), 42);
    assert.equal(one.calls.write, 2);
    await one.kill();
  });

  test('raiseAbove rejects when the lease is lost, the signal aborts or the keeper ends', async () => {
    const scene = new LeaseScene();
    const one = scene.start('one');
    await one.keeper.waitHeld(never);
    one.weather = 'hung';
    const raising = one.keeper.raiseAbove(5);
    const aborting = one.keeper.raiseAbove(5, AbortSignal.abort(new Error('enough')));
    await assert.rejects(aborting, /enough/);
    await Promise.all([assert.rejects(raising, lost), one.kill()]);
  });

  test('run takes its own lease back at once after a kill: same machine and boot, local lock held', async () => {
    const scene = new LeaseScene();
    const memory = new NotedLease();
    const options = { memory, machine: 'm/1', holdsLocalLock: true };
    const one = scene.start('one', options);
    await one.keeper.waitHeld(never);
    await scene.clock.advance(ttlMs);
    await one.kill();
    const again = scene.start('one', options);
    assert.equal(await again.keeper.waitHeld(never), 2);
    await again.kill();
  });

  for (const [title, options] of [
    ['on another boot', { machine: 'm/2', holdsLocalLock: true }],
    ['without the local lock', { machine: 'm/1' }],
    ['on a machine that is not known', { holdsLocalLock: true }],
  ] as const) {
    test(`run waits for its own lease ${title}, and goes on above its last epoch`, async () => {
      const scene = new LeaseScene();
      const memory = new NotedLease();
      const one = scene.start('one', { memory, machine: 'm/1', holdsLocalLock: true, epochFloor: () => 20 });
      await one.keeper.waitHeld(never);
      await one.kill();
      const again = scene.start('one', { memory, ...options });
      await scene.clock.advance(ttlMs);
      assert.equal(again.keeper.state.kind, 'standby');
      await scene.clock.advance(marginMs + 1_500);
      assert.equal(await again.keeper.waitHeld(never), 22);
      await again.kill();
    });
  }

  test('run goes on above its last epoch when the lease object is gone', async () => {
    const scene = new LeaseScene();
    const memory = new NotedLease();
    memory.noted = { epoch: 9, write: undefined, machine: 'm/1' };
    const one = scene.start('one', { memory });
    assert.equal(await one.keeper.waitHeld(never), 10);
    assert.equal(memory.noted.epoch, 10);
    await one.kill();
  });

  test('run says why the lease cannot be read, once, and goes on trying', async () => {
    const scene = new LeaseScene();
    scene.object.bytes = Buffer.from('<html>');
    const one = scene.start('one');
    await scene.clock.advance(ttlMs);
    assert.equal(one.keeper.state.kind, 'starting');
    assert.match(JSON.stringify(one.keeper.state), /Cannot read lease memory:lease: it is not JSON/);
    assert.deepEqual(one.lines, ['warn lease cannot be read, trying again']);
    scene.object.bytes = undefined;
    await scene.clock.advance(1_500);
    assert.equal(await one.keeper.waitHeld(never), 1);
    await one.kill();
  });

  test('run rejects when the generations are used up', async () => {
    const scene = new LeaseScene();
    const one = scene.start('one', { epochFloor: () => 2 ** 32 - 1 });
    await scene.clock.advance(1);
    await assert.rejects(one.kill, { code: 'state-invalid', message: /generation has reached 4294967295/ });
  });
});
