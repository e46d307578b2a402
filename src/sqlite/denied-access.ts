import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from '../runtime/typed-error.ts';

const { R_OK, W_OK, X_OK } = constants;

export const deniedHint =
  'the sidecar needs the permissions of the application: SQLite shares its locks through the -shm file';

/**
 * What this user may not do, of all that following a database needs; undefined when nothing is in the way. SQLite itself is
 * content with less and would hold marks that no checkpoint of ours could ever move on. access(2) opens nothing.
 */
export function deniedAccess(path: string): string | undefined {
  if (!mayAccess(dirname(path), X_OK)) return 'no permission to enter its directory';
  if (!mayAccess(path, R_OK)) return 'no permission to read it';
  if (!mayAccess(path, W_OK)) return 'no permission to write it, which checkpoints need';
  const beside = [`${path}-wal`, `${path}-shm`];
  const present = beside.filter(existsSync);
  for (const name of present) if (!mayAccess(name, R_OK | W_OK)) return `no permission to write ${name}`;
  if (present.length === beside.length || mayAccess(dirname(path), W_OK)) return undefined;
  return 'no permission to make its -wal and -shm files';
}

function mayAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    return code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS';
  }
}
