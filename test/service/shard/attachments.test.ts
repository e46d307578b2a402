import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Attachable, Attachments } from '../../../src/service/shard/attachments.ts';
import { SteppedClock } from '../../engine/lease/stepped-clock.ts';
import { recordingLogger } from '../recording-logger.ts';

const never = new AbortController().signal;

class FakeDatabase implements Attachable {
  idleSinceMs: number | undefined;
  parkCount = 0;
  isFree = true;

  constructor(idleSinceMs?: number) {
    this.idleSinceMs = idleSinceMs;
  }

  park(): boolean {
    this.parkCount += 1;
    return this.isFree;
  }
}

function scene(count: number) {
  const clock = new SteppedClock();
  const { logger, lines } = recordingLogger();
  const limit = { count, descriptorLimit: 1000, descriptorsEach: 7 };
  return { clock, lines, attachments: new Attachments(limit, { clock, logger }) };
}

describe('Attachments', () => {
  it('parks the database that has been idle longest for one that comes', async () => {
    const { attachments, lines } = scene(3);
    const attached = [new FakeDatabase(30), new FakeDatabase(10), new FakeDatabase()];
    for (const database of attached) await attachments.admit(database, never);
    let isAdmitted = false;
    const admitted = attachments.admit(new FakeDatabase(), never).then(() => {
      isAdmitted = true;
    });
    assert.deepEqual(
      attached.map(({ parkCount }) => parkCount),
      [0, 1, 0],
    );
    await Promise.resolve();
    assert.equal(isAdmitted, false);
    attachments.release(attached[1]!);
    await admitted;
    assert.deepEqual(
      lines.map(({ level, message, fields }) => [level, message, fields.atATime]),
      [['warn', 'not all databases can be attached at a time, idle ones are parked', 3]],
    );
  });

  it('looks again while none is idle, and says after a while what would help', async () => {
    const { attachments, lines, clock } = scene(1);
    const busy = new FakeDatabase();
    await attachments.admit(busy, never);
    const admitted = attachments.admit(new FakeDatabase(), never);
    await clock.advance(9_000);
    assert.equal(lines.length, 0);
    await clock.advance(2_000);
    assert.equal(lines.length, 1);
    assert.equal(lines[0]!.level, 'error');
    assert.match(String(lines[0]!.fields.hint), /they need 1007 descriptors a process: raise the limit \(`ulimit -n`/);
    busy.idleSinceMs = 1;
    await clock.advance(200);
    assert.equal(busy.parkCount, 1);
    attachments.release(busy);
    await admitted;
  });

  it('parks another one in place of one that cannot be', async () => {
    const { attachments } = scene(2);
    const [blocked, free] = [new FakeDatabase(10), new FakeDatabase(20)];
    blocked.isFree = false;
    for (const database of [blocked, free]) await attachments.admit(database, never);
    const admitted = attachments.admit(new FakeDatabase(), never);
    assert.deepEqual([blocked.parkCount, free.parkCount], [1, 1]);
    attachments.release(free);
    assert.equal(await admitted, true);
  });

  it('does not let those in that are stopped while they wait', async () => {
    const { attachments } = scene(1);
    assert.equal(await attachments.admit(new FakeDatabase(), never), true);
    const stop = new AbortController();
    const admitted = attachments.admit(new FakeDatabase(), stop.signal);
    stop.abort();
    assert.equal(await admitted, false);
    assert.equal(await attachments.admit(new FakeDatabase(), stop.signal), false);
  });
});
