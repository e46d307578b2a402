import Database from 'better-sqlite3';

/**
 * Lets SQLite bring a database that is about to be replaced into its one file: what stands in its WAL is copied back, a
 * journal is rolled back. From then on the side files can go without it being any older. A database that cannot be opened,
 * or that somebody is using, stays as it is: it was to be replaced all the same.
 */
export function settleReplaced(path: string): void {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { fileMustExist: true, timeout: 1_000 });
    database.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // Broken, encrypted or locked: the new database is complete, and that one was to go.
  } finally {
    database?.close();
  }
}
