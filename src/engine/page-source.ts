import type { PageRun } from '../kernel/kernels.ts';

/** Pages in ascending order, handed out a run at a time. */
export interface PageSource {
  /** How many pages there are in all, where that is known before. */
  readonly pageCount?: number | undefined;
  /** Fills `run.pages` and `run.pgnos` from the start with the next pages; returns how many, 0 at the end. */
  fill(run: PageRun): Promise<number> | number;
}
