import { storedPageCount } from '../database/lock-page.ts';
import { isSnapshotHeader, type LtxHeader } from './header.ts';
import { LtxError } from './ltx-error.ts';

/** What was counted while pages went by in ascending order, without the lock page. */
export interface SeenPages {
  readonly count: number;
  readonly lastPgno: number;
}

/** Throws LtxError `page-order` for a page beyond the end of the database. */
export function checkCommitBound({ commit }: LtxHeader, { lastPgno }: SeenPages): void {
  if (lastPgno <= commit) return;
  throw new LtxError('page-order', `Cannot place page ${lastPgno} in an LTX file: the database has ${commit} pages`);
}

/**
 * Checks the pages of a file against its header: none beyond the end of the database and, from TXID 1, all of them.
 * Ascending numbers up to the commit are complete exactly when there are as many as the database has.
 */
export function checkCompleteness(header: LtxHeader, seen: SeenPages): void {
  checkCommitBound(header, seen);
  if (!isSnapshotHeader(header)) return;
  const expected = storedPageCount(header.commit, header.pageSizeBytes);
  if (seen.count !== expected) {
    throw new LtxError('snapshot-incomplete', `Cannot use snapshot: it has ${seen.count} of ${expected} pages`);
  }
}
