import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { metaSuffix } from '../config/database-paths.ts';
import { MetaDirectory } from '../engine/meta/meta-directory.ts';
import { syncDirectory } from '../runtime/durable-directory.ts';
import { systemErrorCode } from '../runtime/typed-error.ts';

/** What the process that holds a meta directory has open in it; stays, for the next one takes the same lock. */
const lockNames = /^lock(-owner)?\./;

/** What a meta directory of an unusual name is emptied of: a mistyped `meta-path` must not cost other files. */
function stateNames(metaPath: string): ReadonlySet<string> {
  const meta = new MetaDirectory(metaPath);
  const files = [
    meta.positionPath,
    meta.pageChecksumsPath,
    meta.attemptedPath,
    meta.restoreMarkerPath,
    meta.restoredPageChecksumsPath,
  ];
  const names = files.map((path) => basename(path));
  return new Set(['ltx', basename(meta.scratchPath), ...names, ...names.map((name) => `${name}.tmp`)]);
}

/** The entries of a meta directory that make up the local state; undefined when there is no such directory. */
export async function localStateEntries(metaPath: string): Promise<string[] | undefined> {
  const known = stateNames(metaPath);
  const isOurs = basename(metaPath).endsWith(metaSuffix);
  try {
    const names = await readdir(metaPath);
    return names
      .filter((name) => (isOurs ? !lockNames.test(name) : known.has(name)))
      .map((name) => join(metaPath, name));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** All files below some entries, for people to look at. */
export async function filesBelow(entries: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const entry of entries) {
    try {
      const found = await readdir(entry, { recursive: true, withFileTypes: true });
      files.push(...found.filter((file) => !file.isDirectory()).map((file) => join(file.parentPath, file.name)));
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOTDIR') throw error;
      files.push(entry);
    }
  }
  return files.sort();
}

/** Removes the entries, LTX files last: a removal that is cut short leaves no position whose files are gone. */
export async function removeLocalState(metaPath: string, entries: readonly string[]): Promise<void> {
  const isLtx = (entry: string) => basename(entry) === 'ltx';
  for (const entry of [...entries.filter((one) => !isLtx(one)), ...entries.filter(isLtx)]) {
    await rm(entry, { recursive: true, force: true });
  }
  await syncDirectory(metaPath);
}
