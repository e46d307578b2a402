import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { startEach } from '../../../src/service/store/start-each.ts';
import { SteppedClock } from '../../engine/lease/stepped-clock.ts';

const things = Array.from({ length: 1_000 }, (_, i) => i);

describe('startEach', () => {
  it('starts all, a few at a time', async () => {
    let [running, most] = [0, 0];
    const started: number[] = [];
    const start = async (thing: number) => {
      running += 1;
      most = Math.max(most, running);
      await setImmediate();
      started.push(thing);
      running -= 1;
    };
    await startEach(things, start, { clock: new SteppedClock() });
    assert.deepEqual(started, things);
    assert.equal(most, 256);
  });

  it('does not let those that take long hold up the others', async () => {
    const clock = new SteppedClock();
    const begun = new Set<number>();
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const all = startEach(
      things,
      (thing) => {
        begun.add(thing);
        return thing < 256 ? ended : Promise.resolve();
      },
      { clock },
    );
    await clock.advance(0);
    assert.equal(begun.size, 256);
    await clock.advance(1_000);
    assert.equal(begun.size, things.length);
    end();
    await all;
  });

  it('rejects with the first failure while others are starting, and begins no more', async () => {
    const begun: number[] = [];
    const start = (thing: number): Promise<void> => {
      begun.push(thing);
      return thing === 3 ? Promise.reject(new Error('no room')) : new Promise(() => {});
    };
    await assert.rejects(startEach(things, start, { clock: new SteppedClock() }), /no room/);
    assert.ok(begun.length < things.length, `${begun.length} begun`);
  });
});
