const pendingByte = 0x4000_0000;

/** The page that holds SQLite's lock bytes: never written by SQLite, never in an LTX file or a database checksum. */
export function lockPgno(pageSizeBytes: number): number {
  return pendingByte / pageSizeBytes + 1;
}

/** How many pages a file that holds the whole database has: all of them but the lock page. */
export function storedPageCount(commit: number, pageSizeBytes: number): number {
  return commit >= lockPgno(pageSizeBytes) ? commit - 1 : commit;
}
