import { lockPgno, storedPageCount } from '../database/lock-page.ts';
import { LtxError } from './ltx-error.ts';
import type { PageIndex } from './page-index.ts';

export interface NewestVersionsOptions {
  /** The size of the database after the newest file, in pages; pages beyond it are left out. */
  readonly commit: number;
  readonly pageSizeBytes: number;
  /** True when the files begin with TXID 1, so that every page must be in one of them. */
  readonly fromSnapshot: boolean;
}

export interface NewestVersions {
  readonly pageCount: number;
  /** For each file, in the order given, the entries of its index that are the newest of their page, ascending. */
  readonly entries: readonly Uint32Array[];
}

/**
 * Which file holds the newest version of each page, from page indexes in the order oldest to newest. Takes memory for the
 * entries that are there: `commit` is only a number read from a file.
 */
export function newestVersions(indexes: readonly PageIndex[], options: NewestVersionsOptions): NewestVersions {
  const keys = sortedKeys(indexes, options);
  const counts = new Uint32Array(indexes.length);
  let pageCount = 0;
  forEachKey(keys, indexes.length, (file, _entry, isNewest) => {
    if (!isNewest) return;
    counts[file]!++;
    pageCount++;
  });
  if (options.fromSnapshot) checkAllThere(pageCount, options);
  const entries = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  forEachKey(keys, indexes.length, (file, entry, isNewest) => {
    if (isNewest) entries[file]![counts[file]!++] = entry;
  });
  return { pageCount, entries };
}

/** One number for each entry that sorts by page, the newest file first. The entries of a file keep their order. */
function sortedKeys(indexes: readonly PageIndex[], { commit, pageSizeBytes }: NewestVersionsOptions): Float64Array {
  const fileCount = indexes.length;
  const counts = indexes.map((index) => countUpTo(index, commit));
  const keys = new Float64Array(counts.reduce((sum, count) => sum + count, 0));
  const lockPage = lockPgno(pageSizeBytes);
  let at = 0;
  for (const [file, { pgnos }] of indexes.entries()) {
    const age = fileCount - 1 - file;
    for (let entry = 0; entry < counts[file]!; entry++) {
      const pgno = pgnos[entry]!;
      if (pgno === lockPage) throw new LtxError('page-order', `Cannot merge page ${pgno}: it is the lock page`);
      keys[at++] = pgno * fileCount + age;
    }
  }
  return fileCount > 1 ? keys.sort() : keys;
}

function forEachKey(
  keys: Float64Array,
  fileCount: number,
  visit: (file: number, entry: number, isNewest: boolean) => void,
): void {
  const nextEntries = new Uint32Array(fileCount);
  let previousPgno = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const age = key % fileCount;
    const pgno = (key - age) / fileCount;
    const file = fileCount - 1 - age;
    visit(file, nextEntries[file]!++, pgno !== previousPgno);
    previousPgno = pgno;
  }
}

/** How many entries have page numbers up to `commit`. */
function countUpTo({ pgnos, count }: PageIndex, commit: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (pgnos[middle]! <= commit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function checkAllThere(pageCount: number, { commit, pageSizeBytes }: NewestVersionsOptions): void {
  const expected = storedPageCount(commit, pageSizeBytes);
  if (pageCount === expected) return;
  throw new LtxError(
    'snapshot-incomplete',
    `Cannot rebuild database: its files hold ${pageCount} of ${expected} pages`,
  );
}
