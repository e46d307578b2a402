import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionKinds, runningKinds } from './model/action-kind.ts';
import { runModel } from './model/run-model.ts';

const seed = Number(process.env.MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31));
const seconds = Number(process.env.MODEL_SECONDS ?? 3_600);
const leastOfEach = 1_000;

test('model: an hour of long schedules', async (t) => {
  process.stderr.write(`MODEL_SEED=${seed}\n`);
  const startMs = performance.now();
  const { scheduleCount, counts } = await runModel({
    seed,
    schedule: { actionCount: { least: 40, most: 300 }, runningKinds },
    lanes: 4,
    goOn: () => (performance.now() - startMs) / 1000 < seconds,
  });
  t.diagnostic(`${scheduleCount} schedules`);
  t.diagnostic(actionKinds.map((kind) => `${kind} ${counts[kind]}`).join(', '));
  if (seconds >= 3_600)
    for (const kind of actionKinds) assert.ok(counts[kind] >= leastOfEach, `${kind}: ${counts[kind]}`);
});
