import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PlantedFault, plant, plantedFaults } from './fault/planted-fault.ts';
import { runningKinds } from './model/action-kind.ts';
import { ModelFailure, type ModelFailureKind } from './model/model-failure.ts';
import { runModel } from './model/run-model.ts';

const seed = Number(process.env.MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31));
const scheduleLimit = 50;

/** What may give a fault away: states compared, or the sidecar's own complaint where its marks should have kept everything. */
const signs: Record<PlantedFault, readonly ModelFailureKind[]> = {
  'skip a frame': ['wrong-state'],
  'hold no read mark': ['wrong-state', 'position-lost'],
  'trust the position after a restart': ['wrong-state', 'position-lost', 'not-shipped'],
};

for (const fault of Object.keys(plantedFaults) as PlantedFault[]) {
  test(`model: finds a replicator that would ${fault}`, async (t) => {
    t.diagnostic(`MODEL_SEED=${seed}`);
    let begunCount = 0;
    const run = runModel({
      seed,
      schedule: { actionCount: { least: 20, most: 40 }, runningKinds, nodeArguments: plant(fault) },
      lanes: 2,
      goOn(begun) {
        begunCount = begun + 1;
        return begun < scheduleLimit;
      },
    });
    await assert.rejects(run, (error: Error) => {
      assert.ok(error instanceof ModelFailure, error.message);
      t.diagnostic(`found by schedule ${begunCount} or before: ${error.message.split('\n')[0]}`);
      return signs[fault].includes(error.kind);
    });
  });
}
