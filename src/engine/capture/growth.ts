import { lockPgno } from '../../format/database/lock-page.ts';
import { positionLost } from '../engine-error.ts';

/** The newest pages of some transactions, as far as growth is concerned. */
export interface GrownPages {
  /** The size of the database after the last transaction, in pages. */
  readonly commit: number;
  /** The smallest size it had after any of them. */
  readonly lowestCommit: number;
  has(pgno: number): boolean;
}

/**
 * Throws EngineError `position-lost` when a page of a database that grew never came by. SQLite writes every page of a
 * growing database to the WAL; should it ever not, a scan is right and a guess is not.
 */
export function checkGrowth(path: string, pageSizeBytes: number, previousPageCount: number, pages: GrownPages): void {
  const lock = lockPgno(pageSizeBytes);
  for (let pgno = Math.min(previousPageCount, pages.lowestCommit) + 1; pgno <= pages.commit; pgno++) {
    if (pgno !== lock && !pages.has(pgno)) throw positionLost(path, `page ${pgno} came without a frame`);
  }
}
