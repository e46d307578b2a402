import type { FileCalls } from './file-calls.ts';
import { systemErrorCode } from './typed-error.ts';

/** Removes a file; a missing one is no error. */
export async function removeIfThere(path: string, { unlink }: Pick<FileCalls, 'unlink'>): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}
