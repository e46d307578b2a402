import { statSync } from 'node:fs';
import { type DatabaseHeader, databaseHeaderBytes, decodeDatabaseHeader } from '../format/database/header.ts';
import type { AttachedFiles } from './attached-files.ts';
import { liveError, openConnection } from './connection.ts';
import { identifyFile } from './file-identity.ts';
import { LiveError } from './live-error.ts';

/** What a file looks like from its first bytes, before SQLite is let near it. */
export type DatabaseKind = 'absent' | 'foreign' | 'rollback-journal' | 'wal';

/**
 * Looks at a file that is not attached. A zero-byte file is `absent`: attaching it in WAL mode would fix its page size for
 * the application. Throws LiveError `attached` for one that is, by whatever name, and `denied` when it cannot be read.
 */
export function inspectDatabase(path: string, attached: AttachedFiles): DatabaseKind {
  const header = readHeader(path, attached);
  return typeof header === 'string' ? header : kindOf(header);
}

/**
 * As `inspectDatabase`, for a file that somebody may still be copying to its place: `incomplete` while it is shorter than its
 * header says. Beside a WAL or a journal it may be that and SQLite knows what to do.
 */
export function inspectFoundDatabase(path: string, attached: AttachedFiles): DatabaseKind | 'incomplete' {
  const header = readHeader(path, attached);
  if (typeof header === 'string') return header;
  const { pageCount = 0, pageSizeBytes } = header;
  const isWhole = sizeOf(path) >= pageCount * pageSizeBytes;
  return isWhole || sizeOf(`${path}-wal`) > 0 || sizeOf(`${path}-journal`) > 0 ? kindOf(header) : 'incomplete';
}

function kindOf({ isWal }: DatabaseHeader): DatabaseKind {
  return isWal ? 'wal' : 'rollback-journal';
}

function readHeader(path: string, attached: AttachedFiles): DatabaseHeader | 'absent' | 'foreign' {
  try {
    const identity = identifyFile(path);
    if (identity === undefined) return 'absent';
    if (!identity.isFile) return 'foreign';
    const start = attached.readStart(path, databaseHeaderBytes);
    if (start === undefined || start.byteLength === 0) return 'absent';
    const decoded = decodeDatabaseHeader(start);
    return decoded.state === 'valid' ? decoded.header : 'foreign';
  } catch (error) {
    throw liveError('read', path, error);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Switches a rollback-journal database to WAL: the only thing this program ever writes to one. Throws LiveError `busy` while
 * an application uses it.
 */
export function switchToWal(path: string): void {
  const connection = openConnection(path, { readonly: false });
  try {
    const mode = connection.pragma('journal_mode=wal', { simple: true });
    if (mode === 'wal') return;
    throw new LiveError('not-wal', `Cannot switch database ${path} to WAL mode: it stays in mode ${String(mode)}`);
  } catch (error) {
    throw liveError('switch to WAL mode', path, error);
  } finally {
    connection.close();
  }
}
