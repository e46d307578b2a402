import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DueTimes } from '../../../src/service/shard/due-times.ts';
import { SteppedClock } from '../../engine/lease/stepped-clock.ts';

function scene() {
  const clock = new SteppedClock();
  const rung: string[] = [];
  const times = new DueTimes<string>((thing) => rung.push(thing), { clock });
  return { clock, rung, times };
}

describe('DueTimes', () => {
  it('tells each thing when its time has come, whatever the order they were added in', async () => {
    const { clock, rung, times } = scene();
    const nowMs = clock.now();
    for (const [thing, seconds] of [
      ['c', 300],
      ['a', 10],
      ['b', 20],
      ['never', Infinity],
    ] as const) {
      times.add(thing, nowMs + seconds * 1_000);
    }
    await clock.advance(9_000);
    assert.deepEqual(rung, []);
    await clock.advance(2_000);
    assert.deepEqual(rung, ['a']);
    await clock.advance(400_000);
    assert.deepEqual(rung, ['a', 'b', 'c']);
  });

  it('tells nothing of what was taken back', async () => {
    const { clock, rung, times } = scene();
    const atMs = clock.now() + 10_000;
    for (const thing of ['a', 'b']) times.add(thing, atMs);
    times.delete('a', atMs);
    times.delete('never there', Infinity);
    await clock.advance(20_000);
    assert.deepEqual(rung, ['b']);
  });

  it('tells what is due already at once, and what is far beyond the longest timer in its time', async () => {
    const { clock, rung, times } = scene();
    const dayMs = 24 * 3_600_000;
    times.add('far', clock.now() + 30 * dayMs);
    times.add('past', clock.now() - dayMs);
    await clock.advance(1_000);
    assert.deepEqual(rung, ['past']);
    await clock.advance(29 * dayMs);
    assert.deepEqual(rung, ['past']);
    await clock.advance(2 * dayMs);
    assert.deepEqual(rung, ['past', 'far']);
  });
});
