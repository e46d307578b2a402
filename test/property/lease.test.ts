import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runLeaseSchedules } from './lease/run-lease-schedules.ts';

const seed = Number(process.env.LEASE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const scheduleCount = Number(process.env.LEASE_SCHEDULES ?? 1_000);

test('lease: whatever goes wrong, the store holds one lineage, and a free lease is taken in time', (t) => {
  t.diagnostic(`LEASE_SEED=${seed}`);
  const counts = runLeaseSchedules(seed, scheduleCount);
  t.diagnostic(`${scheduleCount} schedules: ${JSON.stringify(counts)}`);
  if (scheduleCount < 1_000) return;
  assert.ok(
    counts.faults > 5 * scheduleCount && counts.epochs > 2 * scheduleCount && counts.txids > 10 * scheduleCount,
  );
});
