import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionKinds, runningKinds } from './model/action-kind.ts';
import { runModel } from './model/run-model.ts';

const seed = Number(process.env.MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31));
const scheduleLimit = Number(process.env.MODEL_SCHEDULES ?? Number.POSITIVE_INFINITY);
const seconds = Number(process.env.MODEL_SECONDS ?? 90);
/** What a run of the usual length has to reach: on a slow machine it takes longer. */
const leastOfEach = 100;

test('model: whatever happens, every shipped state restores to what the database was', async (t) => {
  t.diagnostic(`MODEL_SEED=${seed}`);
  const startMs = performance.now();
  const isWhole = scheduleLimit === Number.POSITIVE_INFINITY && seconds >= 90;
  const { scheduleCount, counts } = await runModel({
    seed,
    schedule: { actionCount: { least: 20, most: 60 }, runningKinds },
    lanes: 4,
    goOn(begun, counts) {
      if (begun >= scheduleLimit) return false;
      if ((performance.now() - startMs) / 1000 < seconds) return true;
      return isWhole && actionKinds.some((kind) => counts[kind] < leastOfEach);
    },
  });
  t.diagnostic(`${scheduleCount} schedules in ${Math.round((performance.now() - startMs) / 1000)} s`);
  t.diagnostic(actionKinds.map((kind) => `${kind} ${counts[kind]}`).join(', '));
  if (isWhole) for (const kind of actionKinds) assert.ok(counts[kind] >= leastOfEach, `${kind}: ${counts[kind]}`);
});
