import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type FileIdentity, identifyFile, sameFile } from '../sqlite/file-identity.ts';

/**
 * The process id of a Litestream that has a database open. Best effort: Linux, the same pid namespace, and processes whose
 * descriptors this user may look at. Opens nothing of the database.
 */
export async function findRunningLitestream(databasePath: string): Promise<number | undefined> {
  const database = identifyFile(databasePath);
  if (database === undefined) return undefined;
  const pids = (await entriesOf('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if ((await isLitestream(pid)) && (await hasOpen(pid, database))) return Number(pid);
  }
  return undefined;
}

/** This program runs as `node`, by whatever name it was started. */
async function isLitestream(pid: string): Promise<boolean> {
  const name = (await textOf(readFile(`/proc/${pid}/comm`, 'utf8'))).trim();
  const executable = basename((await textOf(readlink(`/proc/${pid}/exe`))).replace(/ \(deleted\)$/, ''));
  return executable === 'litestream' || (name === 'litestream' && executable !== 'node');
}

async function hasOpen(pid: string, database: FileIdentity): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const name of await entriesOf(folder)) {
    const stats = await stat(`${folder}/${name}`, { bigint: true }).catch(() => undefined);
    if (stats === undefined) continue;
    const file = { device: stats.dev, inode: stats.ino, sizeBytes: Number(stats.size), isFile: stats.isFile() };
    if (sameFile(file, database)) return true;
  }
  return false;
}

async function entriesOf(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}

/** Processes end while one looks at them, and others may not be looked at. */
async function textOf(reading: Promise<string>): Promise<string> {
  return reading.catch(() => '');
}
