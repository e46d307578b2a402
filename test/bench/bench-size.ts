/** How large the workloads are; recorded with every result. */
export interface BenchSize {
  /** The database that is copied and restored as a whole. */
  readonly bulkMegabytes: number;
  /** The database that is written to. */
  readonly busyMegabytes: number;
  /** How long one side of a round writes. */
  readonly loadSeconds: number;
  /** How many single commits a round waits for. */
  readonly commitCount: number;
  /** The longest pause before such a commit. */
  readonly longestPauseMs: number;
  /** How long the machine is left alone before and after something is measured over time. */
  readonly restMs: number;
}

/** What results are published for. */
export const fullSize: BenchSize = {
  bulkMegabytes: 1_000,
  busyMegabytes: 20,
  loadSeconds: 5,
  commitCount: 12,
  longestPauseMs: 1_500,
  restMs: 1_500,
};

/** Runs every line once; its numbers mean nothing. */
export const smokeSize: BenchSize = {
  bulkMegabytes: 1,
  busyMegabytes: 0.3,
  loadSeconds: 0.4,
  commitCount: 2,
  longestPauseMs: 50,
  restMs: 50,
};
