import { decodeDatabaseHeader } from '../../format/database/header.ts';
import { lockPgno } from '../../format/database/lock-page.ts';
import { positionLost } from '../engine-error.ts';

/** The newest pages of some transactions, as far as growth is concerned. */
export interface GrownPages {
  /** The size of the database after the last transaction, in pages. */
  readonly commit: number;
  /** The smallest size it had after any of them. */
  readonly lowestCommit: number;
  has(pgno: number): boolean;
  /** Page 1 as it is now; undefined when no frame brought it. */
  firstPage(): Uint8Array | undefined;
}

/**
 * The pages by which a database grew and that no frame brought: SQLite leaves a page out that the same transaction allocated
 * and freed again, for nobody will read it. What stands in the database file there, or zeros beyond its end, will do. Throws
 * EngineError `position-lost` when there are more of them than free pages: then frames were missed.
 */
export function unwrittenPages(
  database: { readonly path: string; readonly pageSizeBytes: number },
  previousPageCount: number,
  pages: GrownPages,
): number[] {
  const lock = lockPgno(database.pageSizeBytes);
  const missing: number[] = [];
  for (let pgno = Math.min(previousPageCount, pages.lowestCommit) + 1; pgno <= pages.commit; pgno++) {
    if (pgno !== lock && !pages.has(pgno)) missing.push(pgno);
  }
  if (missing.length > 0 && missing.length > freePageCount(pages)) {
    throw positionLost(database.path, `page ${missing[0]} came without a frame`);
  }
  return missing;
}

function freePageCount(pages: GrownPages): number {
  const decoded = decodeDatabaseHeader(pages.firstPage() ?? new Uint8Array());
  return decoded.state === 'valid' ? decoded.header.freePageCount : 0;
}
