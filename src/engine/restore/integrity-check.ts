import Database from 'better-sqlite3';
import { messageOf } from '../../runtime/typed-error.ts';
import { RestoreError } from './restore-error.ts';

const shownProblems = 5;

/** Lets SQLite check a database file that nobody else has open. Blocks; leaves the file and its folder as they were. */
export function checkIntegrity(path: string, kind: 'quick' | 'full'): void {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { fileMustExist: true });
    // In exclusive mode SQLite keeps the WAL-index in memory, and the last close removes the WAL.
    database.pragma('locking_mode = EXCLUSIVE');
    const rows = database.pragma(kind === 'full' ? 'integrity_check' : 'quick_check') as Record<string, string>[];
    const problems = rows.map((row) => Object.values(row)[0]!).filter((line) => line !== 'ok');
    if (problems.length > 0) throw failed(kind, problems.slice(0, shownProblems).join('; '));
  } catch (error) {
    if (error instanceof RestoreError) throw error;
    throw failed(kind, messageOf(error), error);
  } finally {
    database?.close();
  }
}

function failed(kind: 'quick' | 'full', state: string, cause?: unknown): RestoreError {
  return new RestoreError('integrity', `Cannot trust the restored database: its ${kind} check says ${state}`, {
    cause,
    hint: 'The files are as the source was; restore an earlier TXID',
  });
}
