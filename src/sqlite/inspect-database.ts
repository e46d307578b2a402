import { databaseHeaderBytes, decodeDatabaseHeader } from '../format/database/header.ts';
import { systemErrorCode } from '../runtime/typed-error.ts';
import type { AttachedFiles } from './attached-files.ts';
import { isBusy, liveError, openConnection } from './connection.ts';
import { LiveError } from './live-error.ts';

/** What a file looks like from its first bytes, before SQLite is let near it. */
export type DatabaseKind = 'absent' | 'foreign' | 'rollback-journal' | 'wal';

/**
 * Looks at a file that is not attached. A zero-byte file is `absent`: attaching it in WAL mode would fix its page size for
 * the application. Throws LiveError `denied` when it cannot be read.
 */
export function inspectDatabase(path: string, attached: AttachedFiles): DatabaseKind {
  let start: Uint8Array | undefined;
  try {
    start = attached.readStart(path, databaseHeaderBytes);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return 'absent';
    if (code === 'EISDIR') return 'foreign';
    throw new LiveError('denied', `Cannot read database ${path}: ${code ?? String(error)}`, {
      cause: error,
      hint: 'the sidecar needs the permissions of the application',
    });
  }
  if (start === undefined || start.byteLength === 0) return 'absent';
  const decoded = decodeDatabaseHeader(start);
  if (decoded.state !== 'valid') return 'foreign';
  return decoded.header.isWal ? 'wal' : 'rollback-journal';
}

/** Switches a rollback-journal database to WAL: the only thing this program ever writes to one. Throws LiveError `busy`. */
export function switchToWal(path: string): void {
  const connection = openConnection(path, { readonly: false });
  try {
    const mode = connection.pragma('journal_mode=wal', { simple: true });
    if (mode !== 'wal') {
      throw new LiveError('not-wal', `Cannot switch database ${path} to WAL mode: it stays in mode ${String(mode)}`);
    }
  } catch (error) {
    throw isBusy(error) ? liveError('switch to WAL mode', path, error) : error;
  } finally {
    connection.close();
  }
}
