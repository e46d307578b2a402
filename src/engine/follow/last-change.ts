import { statSync } from 'node:fs';
import type { Clock } from '../../runtime/clock.ts';

/**
 * How long nobody has written to a database, as its files tell: one that was left alone for a day is as idle right after it was
 * attached as one that was attached all day. A WAL has the time of the last commit, and the database file that of the last
 * checkpoint, which may be ours; only an empty WAL tells nothing, because whoever opens the database makes one. A look at names
 * opens nothing, so no lock is lost.
 */
export function sinceLastChangeMs(files: { readonly path: string; readonly walPath: string }, clock: Clock): number {
  const [database, wal] = [files.path, files.walPath].map((path) => statSync(path, { throwIfNoEntry: false }));
  const last = wal === undefined || wal.size === 0 ? database : wal;
  return last === undefined ? 0 : Math.max(0, clock.now() - last.mtimeMs);
}
