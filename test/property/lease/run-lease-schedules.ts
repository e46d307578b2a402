import { runLeaseSchedule, type ScheduleCounts } from './lease-schedule.ts';
import { LeaseViolation } from './violation.ts';

/** Runs schedules with seeds that count up; the first violation names its own. */
export function runLeaseSchedules(seed: number, scheduleCount: number): ScheduleCounts {
  const sum = { faults: 0, epochs: 0, txids: 0 };
  for (let at = 0; at < scheduleCount; at += 1) {
    const counts = runOne(seed + at);
    for (const key of ['faults', 'epochs', 'txids'] as const) sum[key] += counts[key];
  }
  return sum;
}

function runOne(seed: number): ScheduleCounts {
  try {
    return runLeaseSchedule(seed);
  } catch (error) {
    if (!(error instanceof LeaseViolation)) throw error;
    throw new LeaseViolation(error.rule, `${error.message} (LEASE_SEED=${seed} LEASE_SCHEDULES=1)`);
  }
}
