import Database from 'better-sqlite3';
import { messageOf, systemErrorCode } from '../runtime/typed-error.ts';
import { deniedAccess, deniedHint } from './denied-access.ts';
import { LiveError, type LiveErrorCode } from './live-error.ts';

export type Connection = Database.Database;

/** Opens a connection that never waits for a lock and never checkpoints by itself. Throws LiveError. */
export function openConnection(path: string, options: { readonly: boolean }): Connection {
  try {
    const connection = new Database(path, { readonly: options.readonly, fileMustExist: true, timeout: 0 });
    connection.exec('pragma wal_autocheckpoint = 0'); // unlike `pragma()` it leaves no statement to the garbage collector
    return connection;
  } catch (error) {
    throw liveError('open', path, error);
  }
}

/** True for every SQLite result that a later try may not give. */
export function isBusy(error: unknown): boolean {
  return isBusyCode(systemErrorCode(error) ?? '');
}

/** Names the failure of a SQLite or system call in this layer's terms. */
export function liveError(act: string, path: string, cause: unknown): LiveError {
  if (cause instanceof LiveError) return cause;
  const text = messageOf(cause);
  const [code, state, hint] = explain(systemErrorCode(cause) ?? '', text, path);
  return new LiveError(code, `Cannot ${act} database ${path}: ${state}`, { cause, hint });
}

/** PROTOCOL is what SQLite says when it lost the race for a read mark a hundred times. */
function isBusyCode(code: string): boolean {
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED') || code === 'SQLITE_PROTOCOL';
}

function explain(code: string, text: string, path: string): [LiveErrorCode, string, string?] {
  if (isBusyCode(code)) return ['busy', 'another process holds a lock'];
  if (code === 'SQLITE_NOTADB') {
    const hint =
      'encrypted databases (SQLCipher, SEE) cannot be replicated: their pages cannot be read without the key';
    return ['not-a-database', 'not a SQLite database, or an encrypted one', hint];
  }
  if (code === 'ERR_DLOPEN_FAILED' || /bindings file|was compiled against a different Node/i.test(text)) {
    const hint =
      'run `npm rebuild better-sqlite3` (npm 12 and newer want its install script approved first: `npm approve-scripts better-sqlite3`)';
    return ['native-module-missing', 'the native module better-sqlite3 is not built for this Node', hint];
  }
  const denied = isDenialCode(code) ? deniedAccess(path) : undefined;
  if (denied === undefined) return ['unavailable', text];
  return ['denied', denied, deniedHint];
}

function isDenialCode(code: string): boolean {
  return /^(SQLITE_(CANTOPEN|READONLY|PERM|IOERR_ACCESS|AUTH)|EACCES|EPERM|EROFS)/.test(code);
}
