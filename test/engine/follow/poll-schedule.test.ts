import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pollDelayMs } from '../../../src/engine/follow/poll-schedule.ts';

test('pollDelayMs begins with a millisecond, never shortens while nothing happens, and ends at 10 seconds', () => {
  let previous = 0;
  for (let elapsedMs = 0; elapsedMs < 60_000; elapsedMs++) {
    const delay = pollDelayMs(elapsedMs);
    assert.ok(delay >= previous, `${elapsedMs} ms`);
    previous = delay;
  }
  assert.equal(pollDelayMs(0), 1);
  assert.equal(pollDelayMs(10_000), 10_000);
  assert.equal(pollDelayMs(Number.POSITIVE_INFINITY), 10_000);
});

test('pollDelayMs sees a commit that becomes visible late within about a third of how late it is', () => {
  for (let visibleMs = 20; visibleMs < 10_000; visibleMs += 7) {
    let lookMs = 0;
    while (lookMs < visibleMs) lookMs += pollDelayMs(lookMs);
    assert.ok(
      lookMs - visibleMs <= Math.max(12, visibleMs / 3),
      `visible after ${visibleMs} ms, seen after ${lookMs} ms`,
    );
  }
});

test('pollDelayMs looks at a database that does not settle less than 150 times in its first 10 seconds', () => {
  let count = 0;
  for (let lookMs = 0; lookMs < 10_000; lookMs += pollDelayMs(lookMs)) count++;
  assert.ok(count < 150, `${count} looks`);
});
