import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LookSchedule } from '../../../src/engine/follow/look-schedule.ts';

const quiet = { sawFrames: false, isQuiet: true, hasNews: false, isOutOfTheWay: true };
const unsettled = { isCalm: true, isSettled: false };

describe('LookSchedule', () => {
  it('lets a calm database rest at once, a polled one after a while and only at mark 0', () => {
    const schedule = new LookSchedule(0);
    assert.equal(schedule.mayRest(1, quiet, unsettled), true);
    assert.equal(schedule.mayRest(1, { ...quiet, hasNews: true }, unsettled), false);
    assert.equal(schedule.mayRest(1, { ...quiet, isQuiet: false }, unsettled), false);
    assert.equal(schedule.mayRest(1, { ...quiet, isOutOfTheWay: false }, unsettled), false);
    assert.equal(schedule.mayRest(50, quiet, { isCalm: false, isSettled: true }), false);
    assert.equal(schedule.mayRest(100, quiet, { isCalm: false, isSettled: true }), true);
    assert.equal(schedule.mayRest(100, quiet, { isCalm: false, isSettled: false }), false);
  });

  it('looks closely after a write to the database file, until the checkpoint shows or ten seconds are over', () => {
    const schedule = new LookSchedule(0);
    schedule.noteBackfill(3);
    schedule.noteDatabaseWritten(1_000);
    assert.equal(schedule.mayRest(1_001, quiet, unsettled), false);
    assert.equal(schedule.mayRest(1_001, quiet, { isCalm: true, isSettled: true }), true, 'nothing waits for mark 0');
    assert.equal(schedule.delayMs(1_001, { ...quiet, dueMs: 9_000 }, true), 1);
    assert.equal(schedule.delayMs(1_300, { ...quiet, dueMs: 9_000 }, true), 20);
    schedule.noteBackfill(3);
    assert.equal(schedule.mayRest(10_999, quiet, unsettled), false);
    assert.equal(schedule.mayRest(11_000, quiet, unsettled), true);
    schedule.noteDatabaseWritten(20_000);
    schedule.noteBackfill(5);
    assert.equal(schedule.mayRest(20_001, quiet, unsettled), true);
  });

  it('waits for the file that is due where nothing else can bring news, and looks again where the mark is in the way', () => {
    const schedule = new LookSchedule(0);
    assert.equal(schedule.delayMs(300, { ...quiet, hasNews: true, dueMs: 900 }, true), 600);
    assert.equal(schedule.delayMs(300, { ...quiet, isOutOfTheWay: false, dueMs: 900 }, true), 20);
  });
});
