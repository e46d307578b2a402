/** How large the workloads are; recorded with every result. */
export interface BenchSize {
  /** The database that is copied and restored as a whole. */
  readonly bulkMegabytes: number;
  /** The database that is written to. */
  readonly busyMegabytes: number;
  /** The large one of two databases whose commits are compared. */
  readonly largeMegabytes: number;
  /** The part of a fleet that is there. */
  readonly fleetShare: number;
  /** How many small files follow a snapshot. */
  readonly levelZeroFileCount: number;
  /** How often a command is started for one median. */
  readonly startCount: number;
  /** How long one side of a round writes. */
  readonly loadSeconds: number;
  /** How many single commits a round waits for. */
  readonly commitCount: number;
  /** The longest pause before such a commit. */
  readonly longestPauseMs: number;
  /** How long the machine is left alone before and after something is measured over time. */
  readonly restMs: number;
  /** How long a program is left alone until it has nothing left to do. */
  readonly settleMs: number;
  /** How long after its first files a fleet has nothing to do: they are merged into level 1 at a boundary of 30 s, and the collector comes once more. */
  readonly idleAfterMs: number;
  /** How long an idle fleet is watched. */
  readonly idleMs: number;
  /** How long a fleet is watched under a load: a whole number of intervals of level 1, or merging counts too much or too little. */
  readonly steadyLoadMs: number;
}

/** What results are published for. */
export const fullSize: BenchSize = {
  bulkMegabytes: 1_000,
  busyMegabytes: 20,
  largeMegabytes: 5_000,
  fleetShare: 1,
  levelZeroFileCount: 1_000,
  startCount: 20,
  loadSeconds: 5,
  commitCount: 12,
  longestPauseMs: 1_500,
  restMs: 1_500,
  settleMs: 15_000,
  idleAfterMs: 90_000,
  idleMs: 20_000,
  steadyLoadMs: 60_000,
};

/** Runs every line once; its numbers mean nothing. */
export const smokeSize: BenchSize = {
  bulkMegabytes: 1,
  busyMegabytes: 0.3,
  largeMegabytes: 3,
  fleetShare: 0.002,
  levelZeroFileCount: 10,
  startCount: 1,
  loadSeconds: 0.4,
  commitCount: 2,
  longestPauseMs: 50,
  restMs: 50,
  settleMs: 300,
  idleAfterMs: 300,
  idleMs: 200,
  steadyLoadMs: 200,
};
