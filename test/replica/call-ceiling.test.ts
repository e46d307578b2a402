import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CallCeiling } from '../../src/replica/call-ceiling.ts';
import type { Clock } from '../../src/runtime/clock.ts';

/** Time passes only by sleeping, and then at once. */
class SteppedClock implements Clock {
  ms = 0;
  now = () => this.ms;
  monotonic = () => this.ms;
  after = (ms: number, ring: () => void) => {
    this.ms += ms;
    const timer = setImmediate(ring);
    return () => clearImmediate(timer);
  };
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await new Promise((done) => setImmediate(done));
    if (!signal?.aborted) this.ms += ms;
  }
}

describe('CallCeiling', () => {
  test('take lets a burst of ten seconds pass at once and then holds the rate, in order of arrival', async () => {
    const clock = new SteppedClock();
    const ceiling = new CallCeiling(30, clock);
    const passed: [number, number][] = [];
    await Promise.all(
      Array.from({ length: 360 }, async (_, at) => {
        await ceiling.take();
        passed.push([at, clock.ms]);
      }),
    );
    assert.deepEqual(
      passed.map(([at]) => at),
      Array.from({ length: 360 }, (_, at) => at),
    );
    assert.equal(passed[299]?.[1], 0);
    assert.ok(Math.abs(passed[359]![1] - 2000) < 70, String(passed[359]));
  });

  test('take after a quiet time may burst again, never more than once', async () => {
    const clock = new SteppedClock();
    const ceiling = new CallCeiling(5, clock);
    for (let call = 0; call < 50; call += 1) await ceiling.take();
    clock.ms += 3_600_000;
    const startMs = clock.ms;
    for (let call = 0; call < 55; call += 1) await ceiling.take();
    assert.ok(Math.abs(clock.ms - startMs - 1000) < 10);
  });

  test('takeAtOnce does not wait, and those that can wait do so the longer', async () => {
    const clock = new SteppedClock();
    const ceiling = new CallCeiling(10, clock);
    for (let call = 0; call < 120; call += 1) ceiling.takeAtOnce();
    assert.equal(clock.ms, 0);
    await ceiling.take();
    assert.ok(Math.abs(clock.ms - 2100) < 10, String(clock.ms));
  });

  test('take that is given up rejects with the reason and takes nobody’s place', async () => {
    const clock = new SteppedClock();
    const ceiling = new CallCeiling(1, clock);
    for (let call = 0; call < 10; call += 1) await ceiling.take();
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const givenUp = Array.from({ length: 100 }, () => ceiling.take(controller.signal));
    const stays = ceiling.take();
    controller.abort(reason);
    for (const each of givenUp) await assert.rejects(each, reason);
    await stays;
    assert.ok(clock.ms < 3000, String(clock.ms));
    await assert.rejects(ceiling.take(AbortSignal.abort(reason)), reason);
  });

  test('take never waits without a ceiling', async () => {
    const clock = new SteppedClock();
    const ceiling = new CallCeiling(0, clock);
    for (let call = 0; call < 10_000; call += 1) await ceiling.take();
    assert.equal(clock.ms, 0);
  });
});
