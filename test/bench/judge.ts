import type { Spread } from './statistics.ts';
import type { Promised } from './workload.ts';

/** A promise and what was measured. */
export interface Verdict {
  readonly measure: string;
  readonly promised: string;
  readonly median: number;
  readonly kept: boolean;
}

/** Compares the medians of this project with what it promises. A promise about something not measured is broken. */
export function judge(promises: readonly Promised[], measured: Readonly<Record<string, Spread>>): Verdict[] {
  return promises.map((promise) => {
    const median = measured[promise.measure]?.median ?? Number.NaN;
    const below = 'below' in promise;
    return {
      measure: promise.measure,
      promised: below ? `below ${promise.below}` : `at least ${promise.atLeast}`,
      median,
      kept: below ? median < promise.below : median >= promise.atLeast,
    };
  });
}
