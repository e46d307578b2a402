import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { LockFile } from '../sqlite/lock-file.ts';
import type { MetaDirectory } from './meta/meta-directory.ts';

interface LockOwner {
  readonly pid: number;
  readonly hostname: string;
  /** RFC 3339. */
  readonly startedAt: string;
}

/** Leaves word of who holds the lock of a meta directory. For messages only: not durable, and never trusted. */
export async function writeLockOwner(meta: MetaDirectory): Promise<void> {
  const startedAt = new Date(performance.timeOrigin).toISOString();
  const owner: LockOwner = { pid: process.pid, hostname: hostname(), startedAt };
  await writeFile(meta.lockOwnerPath, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
}

export async function removeLockOwner(meta: MetaDirectory): Promise<void> {
  await rm(meta.lockOwnerPath, { force: true });
}

/** Who holds the lock, in words; the kernel's answer goes before what was written down. */
export async function describeLockOwner(meta: MetaDirectory): Promise<string> {
  const pid = LockFile.holder(meta.lockPath);
  const owner = await readLockOwner(meta.lockOwnerPath);
  if (owner === undefined || (pid !== undefined && pid !== owner.pid)) {
    return pid === undefined ? 'another process' : `process ${pid}`;
  }
  return `process ${owner.pid} on ${owner.hostname}, started ${owner.startedAt},`;
}

async function readLockOwner(path: string): Promise<LockOwner | undefined> {
  try {
    const { pid, hostname, startedAt } = JSON.parse(await readFile(path, 'utf8'));
    if (!Number.isInteger(pid) || typeof hostname !== 'string' || typeof startedAt !== 'string') return undefined;
    return { pid, hostname, startedAt };
  } catch {
    return undefined; // missing, or its writer was stopped in the middle: the message does without
  }
}
