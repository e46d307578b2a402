import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MemoryReplicaClient } from '../../../src/replica/memory/memory-replica-client.ts';
import { ReplicaError } from '../../../src/replica/replica-error.ts';
import { restored, temporaryFolder } from '../restore/restore-to-folder.ts';
import { MaintainScene, minuteMs, secondMs } from './maintain-scene.ts';

const hourMs = 60 * minuteMs;
const short = {
  intervalsMs: [10 * secondMs, 30 * secondMs],
  snapshotIntervalMs: 2 * minuteMs,
  snapshotRetentionMs: 4 * minuteMs,
  syncRetentionMs: 20 * secondMs,
  syncRetentionCheckMs: 5 * secondMs,
};

async function requireStates(t: TestContext, scene: MaintainScene, txids: readonly number[]): Promise<void> {
  const folder = temporaryFolder(t);
  for (const txid of txids) {
    const path = join(folder, `${txid}.db`);
    await restored(path, { client: new MemoryReplicaClient({ files: scene.model.files }), txid });
    assert.equal(Buffer.compare(readFileSync(path), scene.model.bytesAt(txid)), 0, `TXID ${txid}`);
  }
}

test('Maintenance compacts at boundaries of the wall clock, level by level, and writes snapshots', async (t) => {
  const scene = await MaintainScene.open(t, { ...short, isRetentionEnabled: false });
  scene.start();
  await scene.ship(125);
  assert.deepEqual(scene.ranges(1).slice(0, 3), ['1-9', '10-19', '20-29']);
  assert.deepEqual(scene.ranges(2), ['1-29', '30-59', '60-89', '90-119']);
  assert.deepEqual(scene.ranges(9), ['1-119']);
  assert.equal(scene.ranges(0).length, 125);
  await requireStates(t, scene, [9, 10, 29, 64, 119, 120, 125]);
  assert.deepEqual(
    scene.lines.filter((line) => line.startsWith('error')),
    [],
  );
  assert.equal(scene.lines.filter((line) => /retention is switched off/.test(line)).length, 1);
});

test('Maintenance deletes what is over, and an idle replica costs no call and no timer after its last expiry', async (t) => {
  const scene = await MaintainScene.open(t, short);
  scene.start();
  await scene.ship(300);
  assert.ok(scene.ranges(0).length <= 20 + 10 + 5 + 1, `${scene.ranges(0).length} files`);
  assert.ok(scene.ranges(9).length <= 4);
  assert.ok(scene.ranges(1).length <= 40);
  const ends = scene.ranges(1).map((range) => Number(range.split('-')[1]));
  await requireStates(t, scene, [...ends.slice(-20), 280, 300]);
  await scene.clock.advance(10 * minuteMs);
  scene.calls.length = 0;
  assert.equal(scene.clock.timerCount, 0);
  await scene.clock.advance(100 * 24 * hourMs);
  assert.deepEqual(scene.calls, []);
  assert.deepEqual(
    [0, 1, 2, 9].map((level) => scene.ranges(level)),
    [['300-300'], ['300-300'], ['300-300'], ['1-300']],
  );
});

test('Maintenance asks a busy replica for nothing but the files it merges, and lists it once', async (t) => {
  const scene = await MaintainScene.open(t, short);
  scene.start();
  await scene.ship(180);
  scene.calls.length = 0;
  await scene.ship(120);
  const count = (operation: string) => scene.calls.filter((call) => call.operation === operation).length;
  assert.equal(count('list'), 0);
  assert.equal(count('write'), 12 + 4 + 1);
  // Level 0 once each, level 1 once each, and what a snapshot is made of with the headers it is planned by.
  assert.ok(count('open') <= 120 + 12 + 15, `${count('open')} opens`);
});

test('Maintenance goes on where another process left off, without waiting for what is due', async (t) => {
  const scene = await MaintainScene.open(t, { ...short, isRetentionEnabled: false });
  await scene.ship(95);
  scene.start();
  await scene.clock.settle();
  assert.deepEqual(scene.ranges(1).length, 9);
  assert.deepEqual(scene.ranges(2), ['1-29', '30-59', '60-89']);
  assert.deepEqual(scene.ranges(9), []);
  await requireStates(t, scene, [9, 19, 29, 89, 95]);
});

test('Maintenance goes on at the next boundary of level 1 when a database is written again, also after the clock went back', async (t) => {
  const scene = await MaintainScene.open(t, { ...short, snapshotIntervalMs: hourMs, isRetentionEnabled: false });
  scene.start();
  await scene.ship(25);
  await scene.clock.advance(5 * minuteMs);
  assert.deepEqual(scene.ranges(2), ['1-25']);
  await scene.ship(3);
  await scene.clock.advance(10 * secondMs);
  assert.equal(scene.ranges(1).at(-1), '26-28');
  scene.clock.stepBack(20 * hourMs);
  await scene.ship(25);
  assert.ok(Number(scene.ranges(1).at(-1)?.split('-')[1]) >= 53 - 10, scene.ranges(1).join(' '));
});

test('Maintenance touches nothing while nobody may', async (t) => {
  const scene = await MaintainScene.open(t, short);
  scene.start();
  await scene.ship(15);
  scene.acknowledged = undefined;
  scene.calls.length = 0;
  await scene.clock.advance(minuteMs);
  assert.deepEqual(scene.calls, []);
  assert.equal(scene.clock.timerCount, 0);
  await scene.ship(1);
  assert.deepEqual(scene.ranges(1), ['1-9', '10-15']);
});

test('Maintenance keeps what is there and whole, and refuses what is not, naming it', async (t) => {
  const scene = await MaintainScene.open(t, { ...short, isRetentionEnabled: false });
  await scene.ship(25);
  const path = scene.model.addFile(1, 1, 9, { timestampMs: scene.clock.now() });
  const there = scene.model.files.get(path)!;
  let raced = false;
  scene.model.files.delete(path);
  scene.fault = (call) => {
    if (call.operation === 'write' && call.file.level === 1 && !raced) {
      raced = true;
      scene.model.files.set(path, there);
    }
    return undefined;
  };
  scene.start();
  await scene.clock.settle();
  assert.equal(scene.model.files.get(path), there);
  assert.deepEqual(scene.ranges(1), ['1-9', '10-19']);

  let planted: Uint8Array = new Uint8Array();
  let name = '';
  scene.fault = (call) => {
    if (call.operation !== 'write' || call.file.level !== 1 || scene.model.files.has(name)) return undefined;
    name = scene.model.addFile(1, 20, 29, { after: scene.model.checksumAt(3) });
    planted = scene.model.files.get(name)!;
    if (scene.lines.every((line) => !line.startsWith('error'))) planted = planted.subarray(0, planted.length - 20);
    scene.model.files.set(name, planted);
    return undefined;
  };
  for (const message of [
    /level 1 file .*14-0+1d.ltx: Cannot read LTX file: it ends before/,
    /level 1 file .*14-0+1d.ltx is there and leads to database checksum/,
  ]) {
    await scene.ship(7);
    await scene.clock.advance(minuteMs); // also after the replica was looked at again
    const errors = scene.lines.filter((line) => line.startsWith('error'));
    assert.match(errors.at(-1)!, message);
    assert.equal(scene.model.files.get(name), planted);
    scene.model.files.delete(name);
  }
  scene.fault = undefined;
  await scene.clock.advance(5 * minuteMs);
  assert.deepEqual(scene.ranges(1).slice(0, 3), ['1-9', '10-19', '20-29']);
  await requireStates(t, scene, [9, 19, 29, 39]);
});

test('Maintenance tries again with growing waits, says an error once, and goes on with what has come meanwhile', async (t) => {
  const scene = await MaintainScene.open(t, short);
  scene.start();
  await scene.ship(35);
  scene.fault = () => new ReplicaError('unavailable', 'Cannot reach the store');
  scene.calls.length = 0;
  await scene.ship(120);
  assert.equal(scene.lines.filter((line) => line.startsWith('error')).length, 1, scene.lines.join('\n'));
  assert.ok(scene.calls.length < 12, `${scene.calls.length} calls`);
  scene.fault = undefined;
  await scene.clock.advance(130 * secondMs);
  assert.ok(scene.lines.some((line) => /compacted again/.test(line)));
  assert.equal(scene.ranges(1).at(-1), '150-155');
  await requireStates(t, scene, [150 - 1, 155]);
});

test('Maintenance looks again when a file that it knew of is gone', async (t) => {
  const scene = await MaintainScene.open(t, short);
  scene.start();
  await scene.ship(55);
  // Another program compacted further and removed what it had read.
  for (const range of scene.ranges(1).slice(-2)) {
    const [min, max] = range.split('-').map(Number) as [number, number];
    scene.model.files.delete(scene.model.addFile(1, min, max));
  }
  scene.model.addFile(2, 30, 49, { timestampMs: scene.clock.now() });
  await scene.ship(40);
  assert.deepEqual(
    scene.lines.filter((line) => line.startsWith('error')),
    [],
  );
  assert.deepEqual(scene.ranges(2).slice(1), ['30-49', '50-59', '60-89']);
});

test('Maintenance.maintain writes a snapshot and deletes when it is asked to', async (t) => {
  const scene = await MaintainScene.open(t, short);
  await scene.ship(33);
  await scene.maintenance.maintain({ forceSnapshot: true, enforceRetention: false });
  assert.deepEqual(scene.ranges(9), ['1-33']);
  assert.equal(scene.ranges(0).length, 33);
  await scene.maintenance.maintain({ forceSnapshot: true, enforceRetention: true });
  assert.deepEqual(scene.ranges(9), ['1-33']);
  assert.deepEqual(scene.ranges(0)[0], '10-10');
  await requireStates(t, scene, [9, 10, 33]);
});

test('Maintenance verifies what it wrote, counts what fails and says so', async (t) => {
  const scene = await MaintainScene.open(t, { ...short, verifyCompaction: true });
  scene.start();
  await scene.ship(25);
  assert.equal(scene.maintenance.verifyErrorCount, 0);
  const damaged = new Set<string>();
  scene.fault = (call) => {
    for (const [path, bytes] of scene.model.files) {
      if (!path.startsWith('ltx/1/') || damaged.has(path) || call.operation !== 'open') continue;
      damaged.add(path);
      if (damaged.size > 2) scene.model.files.set(path, bytes.slice().fill(7, 200, 210));
    }
    return undefined;
  };
  await scene.ship(6);
  assert.equal(scene.maintenance.verifyErrorCount, 1);
  assert.ok(
    scene.lines.some((line) => /failed its verification file=level 1 file .*14-0+1d.ltx Cannot use/.test(line)),
  );
});

test('Maintenance is stopped in the middle of a merge', async (t) => {
  const scene = await MaintainScene.open(t, short);
  scene.start();
  await scene.ship(5);
  let stopped: Promise<void> | undefined;
  scene.fault = (call) => {
    if (call.operation === 'read') stopped ??= scene.stop();
    return undefined;
  };
  await scene.clock.advance(10 * secondMs);
  await stopped;
  assert.ok(stopped !== undefined);
  assert.deepEqual(scene.ranges(1), []);
  assert.deepEqual(
    scene.lines.filter((line) => line.startsWith('error')),
    [],
  );
});

test('Maintenance has no time to come next while it is at work, and a replica with few files rests until after the next snapshot', async (t) => {
  const scene = await MaintainScene.open(t, { ...short, isRetentionEnabled: false });
  const { maintenance, clock } = scene;
  const during: (number | undefined)[] = [];
  scene.fault = () => {
    during.push(maintenance.nextMs, maintenance.restUntilMs);
    return undefined;
  };
  scene.start();
  await scene.ship(15);
  assert.ok(during.length > 0);
  assert.deepEqual(new Set(during), new Set([undefined]));
  const nextSnapshotMs = (Math.floor(clock.now() / short.snapshotIntervalMs) + 1) * short.snapshotIntervalMs;
  assert.ok(maintenance.nextMs! < nextSnapshotMs);
  assert.ok(maintenance.restUntilMs! >= nextSnapshotMs);
  assert.ok(maintenance.restUntilMs! <= nextSnapshotMs + 0.1 * short.snapshotIntervalMs);
  assert.equal(maintenance.restUntilMs, maintenance.restUntilMs, 'one moment, and not another one for each look');
});
