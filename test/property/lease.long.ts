import { test } from 'node:test';
import { runLeaseSchedules } from './lease/run-lease-schedules.ts';

const seed = Number(process.env.LEASE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const scheduleCount = Number(process.env.LEASE_SCHEDULES ?? 10_000);

test('lease: ten thousand schedules', (t) => {
  process.stderr.write(`LEASE_SEED=${seed}\n`);
  t.diagnostic(`${scheduleCount} schedules: ${JSON.stringify(runLeaseSchedules(seed, scheduleCount))}`);
});
