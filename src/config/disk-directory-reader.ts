import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../runtime/typed-error.ts';
import type { DirectoryEntry, DirectoryReader, EntryKind } from './directory-databases.ts';

/** The machine's directories. Only `stat` and `readdir`: no database file is opened. */
export const diskDirectoryReader: DirectoryReader = {
  async kind(path) {
    const found = await statIfAny(path);
    return found === undefined ? 'missing' : kindOf(found);
  },
  async list(path) {
    let entries: Awaited<ReturnType<typeof readEntries>>;
    try {
      entries = await readEntries(path);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw error;
    }
    return Promise.all(
      entries.map(async (entry): Promise<DirectoryEntry> => {
        if (!entry.isSymbolicLink()) return { name: entry.name, kind: kindOf(entry) };
        const target = await statIfAny(join(path, entry.name));
        return { name: entry.name, kind: target?.isFile() ? 'file' : 'other' };
      }),
    );
  },
};

function readEntries(path: string) {
  return readdir(path, { withFileTypes: true });
}

async function statIfAny(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): EntryKind {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}
