import Database from 'better-sqlite3';
import { systemErrorCode } from '../runtime/typed-error.ts';
import { LiveError, type LiveErrorCode } from './live-error.ts';

export type Connection = Database.Database;

/** Opens a connection that never waits for a lock and never checkpoints by itself. */
export function openConnection(path: string, options: { readonly: boolean }): Connection {
  try {
    const connection = new Database(path, { readonly: options.readonly, fileMustExist: true, timeout: 0 });
    connection.pragma('wal_autocheckpoint=0');
    return connection;
  } catch (error) {
    throw liveError('open', path, error);
  }
}

/** True for every SQLite result that a later try may not give. */
export function isBusy(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code !== undefined && (code.startsWith('SQLITE_BUSY') || code === 'SQLITE_LOCKED');
}

/** Names the failure of a SQLite call in this layer's terms. */
export function liveError(act: string, path: string, cause: unknown): LiveError {
  if (cause instanceof LiveError) return cause;
  const code = systemErrorCode(cause) ?? '';
  const text = cause instanceof Error ? cause.message : String(cause);
  const [own, state, hint] = explain(code, text);
  return new LiveError(own, `Cannot ${act} database ${path}: ${state}`, { cause, hint });
}

function explain(code: string, text: string): [LiveErrorCode, string, string?] {
  if (code.startsWith('SQLITE_BUSY') || code === 'SQLITE_LOCKED') return ['busy', 'another process holds a lock'];
  if (code === 'SQLITE_NOTADB') {
    return [
      'not-a-database',
      'not a SQLite database, or an encrypted one',
      'encrypted databases (SQLCipher, SEE) cannot be replicated page by page without their key',
    ];
  }
  if (/bindings file|was compiled against a different Node/i.test(text) || code === 'ERR_DLOPEN_FAILED') {
    return [
      'native-module-missing',
      'the native module better-sqlite3 is not built for this Node',
      "run `npm rebuild better-sqlite3` (npm 12 and newer need its install script approved: `npm approve-scripts better-sqlite3`)",
    ];
  }
  if (code === 'SQLITE_READONLY' || code.startsWith('SQLITE_READONLY_') || code === 'SQLITE_PERM') {
    return ['denied', `no permission to write beside it (${text})`, 'the sidecar needs the permissions of the application: SQLite shares locks through the -shm file'];
  }
  if (code.startsWith('SQLITE_CANTOPEN')) return ['unavailable', text, 'check that the file and its directory exist and may be written by this user'];
  return ['unavailable', text];
}
