import { lstat } from 'node:fs/promises';
import { systemErrorCode } from './typed-error.ts';

/** Whether something has this name, be it a dangling symbolic link. Throws when that cannot be told. */
export async function pathExists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
