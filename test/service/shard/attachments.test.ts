import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Attachable, Attachments } from '../../../src/service/shard/attachments.ts';
import { SteppedClock } from '../../engine/lease/stepped-clock.ts';
import { recordingLogger } from '../recording-logger.ts';

class FakeDatabase implements Attachable {
  idleSinceMs: number | undefined;
  attachCount = 0;
  parkCount = 0;
  isFree = true;

  constructor(idleSinceMs?: number) {
    this.idleSinceMs = idleSinceMs;
  }

  attach(): void {
    this.attachCount += 1;
  }

  get isBeginning(): boolean {
    return this.idleSinceMs === undefined;
  }

  park(): boolean {
    this.parkCount += 1;
    return this.isFree;
  }
}

function scene(count: number, { parkAfterMs = 0 } = {}) {
  const clock = new SteppedClock();
  const { logger, lines } = recordingLogger();
  const limit = { count, descriptorLimit: 1000, descriptorsEach: 7 };
  const attachments = new Attachments({ ...limit, parkAfterMs, databasesAtOnce: 16 }, { clock, logger });
  return { clock, lines, attachments };
}

const attachedOf = (databases: readonly FakeDatabase[]) => databases.filter(({ attachCount }) => attachCount > 0);
const parkCounts = (databases: readonly FakeDatabase[]) => databases.map(({ parkCount }) => parkCount);

describe('Attachments', () => {
  it('parks the database that has been idle longest for one that comes', () => {
    const { attachments, lines } = scene(3);
    const attached = [new FakeDatabase(30), new FakeDatabase(10), new FakeDatabase()];
    for (const database of attached) attachments.ask(database, 'change');
    assert.equal(attachedOf(attached).length, 3);
    const comes = new FakeDatabase();
    attachments.ask(comes, 'change');
    assert.deepEqual(parkCounts(attached), [0, 1, 0]);
    assert.equal(comes.attachCount, 0);
    attachments.release(attached[1]!);
    assert.equal(comes.attachCount, 1);
    assert.deepEqual(
      lines.map(({ level, message, fields }) => [level, message, fields.atATime]),
      [['warn', 'not all databases can be attached at a time, idle ones are parked', 3]],
    );
  });

  it('looks again while none is idle, and says after a while what would help', async () => {
    const { attachments, lines, clock } = scene(1);
    const [busy, comes] = [new FakeDatabase(), new FakeDatabase()];
    attachments.ask(busy, 'change');
    attachments.ask(comes, 'change');
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
    assert.equal(comes.attachCount, 1);
  });

  it('parks another one in place of one that cannot be', () => {
    const { attachments } = scene(2);
    const [blocked, free, comes] = [new FakeDatabase(10), new FakeDatabase(20), new FakeDatabase()];
    blocked.isFree = false;
    for (const database of [blocked, free, comes]) attachments.ask(database, 'change');
    assert.deepEqual(parkCounts([blocked, free]), [1, 1]);
    attachments.release(free);
    assert.equal(comes.attachCount, 1);
  });

  it('does not attach those that are withdrawn while they wait, nor any once it is closed', () => {
    const { attachments } = scene(1);
    const [first, second, third] = [new FakeDatabase(), new FakeDatabase(), new FakeDatabase()];
    for (const database of [first, second, third]) attachments.ask(database, 'change');
    attachments.withdraw(second);
    attachments.release(first);
    assert.deepEqual([second.attachCount, third.attachCount], [0, 1]);
    attachments.ask(first, 'change');
    attachments.close();
    attachments.release(third);
    assert.equal(first.attachCount, 1);
  });

  it('lets a few begin at a time: until they have begun, or have taken so long that others must not wait for them', async () => {
    const { attachments, clock } = scene(1_000);
    const databases = Array.from({ length: 100 }, () => new FakeDatabase());
    for (const database of databases) attachments.ask(database, 'change');
    assert.equal(attachedOf(databases).length, 32);
    for (const database of databases.slice(0, 10)) database.idleSinceMs = clock.monotonic();
    await clock.advance(100);
    assert.equal(attachedOf(databases).length, 42, 'ten are idle');
    await clock.advance(200);
    assert.equal(attachedOf(databases).length, 74, 'the others have had their time');
  });

  it('parks after the time that is asked for, at once what nobody has written to for so long', async () => {
    const { attachments, clock } = scene(1_000, { parkAfterMs: 60_000 });
    await clock.advance(100_000);
    const [old, fresh, busy] = [new FakeDatabase(5), new FakeDatabase(clock.monotonic()), new FakeDatabase()];
    for (const database of [old, fresh, busy]) attachments.ask(database, 'change');
    await clock.advance(200);
    assert.deepEqual(parkCounts([old, fresh, busy]), [1, 0, 0]);
    attachments.release(old);
    await clock.advance(20_000);
    busy.idleSinceMs = 5;
    await clock.advance(1_000);
    assert.deepEqual(parkCounts([old, fresh, busy]), [1, 0, 1], 'soon, also one that took long to begin');
    attachments.release(busy);
    await clock.advance(30_000);
    assert.deepEqual(parkCounts([old, fresh, busy]), [1, 0, 1]);
    await clock.advance(30_000);
    assert.deepEqual(parkCounts([old, fresh, busy]), [1, 1, 1]);
  });

  it('attaches few at a time for the sake of their replicas, and those that have changed before them', async () => {
    const { attachments, clock } = scene(1_000);
    const due = Array.from({ length: 20 }, () => new FakeDatabase());
    for (const database of due) attachments.ask(database, 'care');
    assert.equal(attachedOf(due).length, 4);
    attachments.ask(due[19]!, 'change');
    assert.equal(due[19]!.attachCount, 1, 'what has changed does not wait for them');
    due[0]!.idleSinceMs = clock.monotonic();
    due[19]!.idleSinceMs = clock.monotonic();
    await clock.advance(100);
    assert.equal(attachedOf(due).length, 6, 'one more in place of the one that is done');
  });
});
