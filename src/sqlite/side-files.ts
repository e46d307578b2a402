/** What the names of the files that SQLite keeps beside a database end with. */
export const sideEndings = ['-wal', '-shm', '-journal'] as const;

/** The name, or path, of the database beside which a file lies; that of the file itself where it is none of these. */
export function databaseOf(file: string): string {
  const ending = sideEndings.find((end) => file.endsWith(end));
  return ending === undefined ? file : file.slice(0, -ending.length);
}
