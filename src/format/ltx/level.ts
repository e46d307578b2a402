/** 0 is written by sync, 1 to 8 by compaction, 9 holds snapshots. */
export type Level = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

export const levels: readonly Level[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
export const syncLevel: Level = 0;
export const snapshotLevel: Level = 9;
