import fc from 'fast-check';

/** A frame of a WAL as far as sizes and page numbers go; `commit` is 0 inside a transaction. */
export interface HistoryFrame {
  readonly pgno: number;
  readonly commit: number;
}

/**
 * Transactions of a database that grows and shrinks: pages beyond the size of before come all, as SQLite writes them. Every
 * history ends with a commit.
 */
export const histories: fc.Arbitrary<HistoryFrame[]> = fc
  .array(
    fc.record({
      pgnos: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
      commit: fc.integer({ min: 1, max: 30 }),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((transactions) => {
    let size = 30;
    return transactions.flatMap(({ pgnos, commit }) => {
      const grown = Array.from({ length: Math.max(0, commit - size) }, (_, i) => size + 1 + i);
      size = commit;
      // A transaction may write a page and then cut it off.
      const frames = [...pgnos, ...grown].map((pgno) => ({ pgno, commit: 0 }));
      return frames.map((frame, i) => (i === frames.length - 1 ? { ...frame, commit } : frame));
    });
  });

/** What a reader sees at the end: which frame (1, 2, ...) holds each page that came by and is still part of the database. */
export function newestFrames(history: readonly HistoryFrame[]): Map<number, number> {
  const newest = new Map<number, number>();
  for (const [i, { pgno, commit }] of history.entries()) {
    newest.set(pgno, i + 1);
    if (commit === 0) continue;
    for (const old of newest.keys()) if (old > commit) newest.delete(old);
  }
  return new Map([...newest].sort(([a], [b]) => a - b));
}

export function lowestCommit(history: readonly HistoryFrame[]): number {
  return Math.min(...history.filter(({ commit }) => commit !== 0).map(({ commit }) => commit));
}

/** Runs a property over histories with a seed that is printed. */
export function forHistories(check: (history: HistoryFrame[]) => void | Promise<void>): Promise<void> {
  const seed = Date.now() % 1_000_000_007;
  console.log(`seed ${seed}`);
  return fc.assert(
    fc.asyncProperty(histories, async (history) => check(history)),
    { seed, numRuns: 400 },
  );
}
