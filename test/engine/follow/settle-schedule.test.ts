import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SettleSchedule } from '../../../src/engine/follow/settle-schedule.ts';

describe('SettleSchedule', () => {
  it('settles soon after a file where no events come', () => {
    const schedule = new SettleSchedule();
    schedule.noteMark(1_000, false);
    schedule.noteFile(1_000, false);
    assert.equal(schedule.dueMs, 1_100);
  });

  it('waits for a longer pause where commits come now and then, but not for ever', () => {
    const schedule = new SettleSchedule();
    const startMs = 1_000;
    for (let nowMs = startMs; nowMs < startMs + 60_000; nowMs += 2_500) {
      schedule.noteMark(nowMs, false);
      schedule.noteFile(nowMs, true);
      const latestMs = Math.max(nowMs + 100, startMs + 50_000);
      assert.equal(schedule.dueMs, Math.min(nowMs + 10_000, latestMs), `${nowMs} ms`);
    }
    schedule.noteMark(70_000, true);
    schedule.noteMark(71_000, false);
    schedule.noteFile(71_000, true);
    assert.equal(schedule.dueMs, 81_000);
    assert.equal(schedule.unsettledSinceMs, 71_000);
  });

  it('does not settle right after an event, which may be of a commit', () => {
    const schedule = new SettleSchedule();
    schedule.noteMark(0, false);
    schedule.noteFile(0, true);
    schedule.noteChange(5_000);
    assert.equal(schedule.dueMs, 10_000);
    schedule.noteChange(9_950);
    assert.equal(schedule.dueMs, 10_050);
  });

  it('tries ever more rarely behind a reader, and soon again after progress or a file', () => {
    const schedule = new SettleSchedule();
    const waits = Array.from({ length: 9 }, () => {
      schedule.noteRefused(0, false);
      return schedule.dueMs;
    });
    assert.deepEqual(waits, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    schedule.noteRefused(0, true);
    assert.equal(schedule.dueMs, 100);
  });
});
