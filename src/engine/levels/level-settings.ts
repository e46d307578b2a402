/** How a replica's files are merged into levels and how long they are kept. */
export interface LevelSettings {
  /** How often levels 1, 2 ... take in the level below, on the wall clock; at most `maxCompactionLevels` of them. */
  readonly intervalsMs: readonly number[];
  readonly snapshotIntervalMs: number;
  /** How far back every end of a level-1 file can be restored. */
  readonly snapshotRetentionMs: number;
  /** How far back every TXID can be restored. 0: level-0 files are never deleted. */
  readonly syncRetentionMs: number;
  /** Level-0 files that are due are deleted together, once per interval. */
  readonly syncRetentionCheckMs: number;
  /** False: nothing is deleted; the store itself is expected to do it. */
  readonly isRetentionEnabled: boolean;
  /** Read every new file back, and check that its level has no gap. */
  readonly verifyCompaction: boolean;
}

/** 0 is written by sync and 9 holds snapshots. */
export const maxCompactionLevels = 8;

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** Litestream's values. */
export const defaultLevelSettings: LevelSettings = {
  intervalsMs: [30 * secondMs, 5 * minuteMs, hourMs],
  snapshotIntervalMs: 24 * hourMs,
  snapshotRetentionMs: 24 * hourMs,
  syncRetentionMs: 5 * minuteMs,
  syncRetentionCheckMs: 15 * secondMs,
  isRetentionEnabled: true,
  verifyCompaction: false,
};
