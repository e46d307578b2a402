import { statSync } from 'node:fs';
import type { Clock } from '../../runtime/clock.ts';

/**
 * How long nobody has written to a database, as its files tell: one that was left alone for a day is as idle right after it was
 * attached as one that was attached all day. The time of an empty WAL is that of whoever opened the database last. A look at
 * names opens nothing, so no lock is lost.
 */
export function sinceLastChangeMs(files: { readonly path: string; readonly walPath: string }, clock: Clock): number {
  const [database, wal] = [files.path, files.walPath].map((path) => statSync(path, { throwIfNoEntry: false }));
  if (database === undefined) return 0;
  const lastMs = wal === undefined || wal.size === 0 ? database.mtimeMs : Math.max(database.mtimeMs, wal.mtimeMs);
  return Math.max(0, clock.now() - lastMs);
}
