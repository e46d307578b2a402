/** Commits become visible after their last file event, so a database is looked at again and again for a while. */
const schedule: readonly (readonly [elapsedMs: number, delayMs: number])[] = [
  [4, 1],
  [10, 2],
  [50, 5],
  [200, 10],
  [1_000, 20],
  [3_000, 100],
  [10_000, 1_000],
];
const longestMs = 10_000;

/** When to look again at a database in which something changed `elapsedMs` ago and that has not settled since. */
export function pollDelayMs(elapsedMs: number): number {
  return schedule.find(([limit]) => elapsedMs < limit)?.[1] ?? longestMs;
}
