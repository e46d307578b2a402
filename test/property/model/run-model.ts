import { DumpReader } from '../../support/dump-reader.ts';
import { type ActionCounts, actionKinds, noActions } from './action-kind.ts';
import { Schedule, type ScheduleOptions } from './schedule.ts';

export interface ModelRun {
  /** The seed of the first schedule; the others count up from it. */
  readonly seed: number;
  readonly schedule: Omit<ScheduleOptions, 'seed' | 'signal'>;
  /** How many schedules run at a time. */
  readonly lanes: number;
  /** Whether to begin another schedule after `done` of them. */
  readonly goOn: (done: number, counts: ActionCounts) => boolean;
}

export interface ModelReport {
  readonly scheduleCount: number;
  readonly counts: ActionCounts;
}

/** Runs schedules until there are enough, or until one fails: its error is thrown once the others have ended. */
export async function runModel({ seed, schedule, lanes, goOn }: ModelRun): Promise<ModelReport> {
  const counts = noActions();
  let begun = 0;
  let done = 0;
  const failed = new AbortController();
  const lane = async (): Promise<void> => {
    await using dumps = new DumpReader();
    while (!failed.signal.aborted && goOn(begun, counts)) {
      const one = { ...schedule, seed: seed + begun, signal: failed.signal };
      begun += 1;
      try {
        const happened = await Schedule.run(dumps, one);
        for (const kind of actionKinds) counts[kind] += happened[kind];
        done += 1;
      } catch (error) {
        failed.abort(failed.signal.reason ?? error);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  failed.signal.throwIfAborted();
  return { scheduleCount: done, counts };
}
