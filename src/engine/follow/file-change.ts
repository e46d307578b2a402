/** What an event of a database's files tells. */
export interface FileChange {
  /** Whether it may be of the database file itself, which only a checkpoint writes, and not just of the WAL. */
  readonly wroteDatabase: boolean;
  /** Whether one of the files may have come, gone or been replaced. */
  readonly moved: boolean;
}
