import { realpathSync } from 'node:fs';
import { liveError } from './connection.ts';
import { deniedAccess, deniedHint } from './denied-access.ts';
import { type FileIdentity, identifyFile } from './file-identity.ts';
import { LiveError, type LiveErrorCode } from './live-error.ts';

/** Finds a database to attach and refuses what SQLite had better not be let near. Throws LiveError; opens nothing. */
export function locateDatabase(path: string): { identity: FileIdentity; realPath: string } {
  const refuse = (code: LiveErrorCode, state: string, hint?: string): never => {
    throw new LiveError(code, `Cannot attach database ${path}: ${state}`, { hint });
  };
  try {
    const identity = identifyFile(path) ?? refuse('absent', 'missing');
    if (!identity.isFile) refuse('not-a-database', 'not a file');
    if (identity.sizeBytes === 0) refuse('absent', 'empty');
    const realPath = realpathSync.native(path);
    const denied = deniedAccess(realPath);
    if (denied !== undefined) refuse('denied', denied, deniedHint);
    return { identity, realPath };
  } catch (error) {
    throw liveError('attach', path, error);
  }
}
