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
    const found: DirectoryEntry[] = [];
    for (const entry of entries) {
      const isLink = entry.isSymbolicLink();
      const kind = isLink ? ((await statIfAny(join(path, entry.name)))?.isFile() ? 'file' : 'other') : kindOf(entry);
      found.push({ name: entry.name, kind });
    }
    return found;
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
