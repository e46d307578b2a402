import { lchown, lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../runtime/logger.ts';
import { systemErrorCode } from '../runtime/typed-error.ts';

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/** What a file hands on to the one that takes its place. */
export interface ReplacedFile {
  /** Permission bits. */
  readonly mode: number;
  /** Undefined when it is ours anyway, or when we may not give it away. */
  readonly owner: FileOwner | undefined;
}

/** Undefined when there is no such file. */
export async function replacedFile(path: string, { logger }: { logger: Logger }): Promise<ReplacedFile | undefined> {
  try {
    const { mode, uid, gid } = await stat(path);
    const owner = { uid, gid };
    if (isOurs(owner)) return { mode: mode & 0o777, owner: undefined };
    if (mayGiveTo(owner)) return { mode: mode & 0o777, owner };
    logger.warn('The restored database will not have the owner of the one it replaces: only root can give files away', {
      db: path,
      ...owner,
    });
    return { mode: mode & 0o777, owner: undefined };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Gives away what root has made in a directory of somebody else, so that its owner can go on with it. */
export async function giveToOwner(directory: string, { uid, gid }: FileOwner): Promise<void> {
  for (const name of ['.', ...(await readdir(directory))]) {
    const path = join(directory, name);
    const stats = await lstat(path);
    if (stats.uid === process.geteuid?.()) await lchown(path, uid, gid);
  }
}

function isOurs({ uid, gid }: FileOwner): boolean {
  return process.geteuid === undefined || (uid === process.geteuid?.() && gid === process.getegid?.());
}

/** A file of ours may also go to another group that we are in. */
function mayGiveTo({ uid, gid }: FileOwner): boolean {
  const ownUid = process.geteuid?.();
  return ownUid === 0 || (uid === ownUid && (process.getgroups?.() ?? []).includes(gid));
}
