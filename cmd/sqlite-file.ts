import { type FileHandle, open } from 'node:fs/promises';
import { systemErrorCode } from '../src/runtime/typed-error.ts';

const magic = 'SQLite format 3\0';

/**
 * Whether a file begins as SQLite databases do. For processes that hold no SQLite connection only: in others closing the
 * file would drop SQLite's locks on it.
 */
export async function isDatabaseFile(path: string): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    return buffer.toString('latin1', 0, bytesRead) === magic;
  } finally {
    await handle.close();
  }
}
