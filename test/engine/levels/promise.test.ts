import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLevelSettings, type LevelSettings } from '../../../src/engine/levels/level-settings.ts';
import { Random } from '../../support/random.ts';
import { LevelHistory } from './level-history.ts';

const shape = { ...defaultLevelSettings, syncRetentionCheckMs: 5 };
const shapes: readonly LevelSettings[] = [
  { ...shape, intervalsMs: [10, 50, 150], snapshotIntervalMs: 200, snapshotRetentionMs: 300, syncRetentionMs: 40 },
  { ...shape, intervalsMs: [10, 30], snapshotIntervalMs: 100, snapshotRetentionMs: 700, syncRetentionMs: 3 },
  { ...shape, intervalsMs: [7, 20], snapshotIntervalMs: 100, snapshotRetentionMs: 50, syncRetentionMs: 400 },
  { ...shape, intervalsMs: [10, 50], snapshotIntervalMs: 200, snapshotRetentionMs: 300, syncRetentionMs: 0 },
  { ...shape, intervalsMs: [], snapshotIntervalMs: 100, snapshotRetentionMs: 200, syncRetentionMs: 40 },
];

test('planCompaction and planRetention keep the promise after every step of any history, crashes included', async () => {
  const seed = Date.now() % 1_000_000_007;
  console.log(`seed ${seed}`);
  for (let run = 0; run < 25; run++) {
    const random = new Random(seed + run);
    const history = new LevelHistory(shapes[run % shapes.length]!, random);
    const chanceOfCrash = random.pick([0, 0.1, 0.4]);
    const pace = random.pick([2, 8, 30]);
    for (let step = 0; step < 250; step++) {
      history.advance(random.chance(0.02) ? -random.int(1, 200) : random.int(0, random.chance(0.02) ? 500 : pace));
      const kind = random.next();
      if (kind < 0.55) history.sync();
      else if (kind < 0.57) history.beginEpoch();
      else if (kind < 0.6) history.restart();
      else if (kind < 0.63) await history.snapshot({ force: true });
      else {
        const isWhole = (await history.compact(chanceOfCrash)) && (await maintainRest(history, chanceOfCrash));
        if (!isWhole) history.restart();
      }
      try {
        await history.requirePromise();
      } catch (error) {
        throw new Error(`seed ${seed + run} (of ${seed}), step ${step}: ${(error as Error).message}`, { cause: error });
      }
    }
  }
});

async function maintainRest(history: LevelHistory, chanceOfCrash: number): Promise<boolean> {
  await history.snapshot({ force: false });
  return history.retain(chanceOfCrash);
}

test('planRetention leaves little of a lineage that nobody goes on with, and then has no next moment', async () => {
  for (const settings of shapes.filter(({ syncRetentionMs }) => syncRetentionMs > 0)) {
    const history = new LevelHistory(settings, new Random(1));
    for (let i = 0; i < 300; i++) {
      history.advance(5);
      history.sync();
      if (i % 3 === 0) {
        await history.compact(0);
        await maintainRest(history, 0);
      }
    }
    let nextAtMs: number | undefined;
    for (let i = 0; i < 300; i++) {
      history.advance(10);
      await history.compact(0);
      await maintainRest(history, 0);
      ({ nextAtMs } = await history.planRetention());
    }
    assert.equal(nextAtMs, undefined);
    assert.deepEqual(
      history
        .files()
        .map(({ level, maxTxid }) => [level, maxTxid])
        .sort(),
      [0, ...settings.intervalsMs.map((_, i) => i + 1), 9].map((level) => [level, history.newest]).sort(),
    );
  }
});

test('planRetention and planCompaction read few headers after a restart and none in steady state', async () => {
  const history = new LevelHistory(shapes[1]!, new Random(2));
  const rounds = async (count: number) => {
    history.headerReads = 0;
    for (let i = 0; i < count; i++) {
      history.advance(4);
      history.sync();
      await history.compact(0);
      await maintainRest(history, 0);
    }
    return history.headerReads;
  };
  assert.equal(await rounds(400), 0);
  const before = history.files().length;
  history.restart();
  const reads = await rounds(1);
  assert.ok(before > 100 && reads < 40, `${reads} of ${before}`);
  assert.ok((await rounds(50)) < 40);
});
