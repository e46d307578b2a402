import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder } from './project.mjs';

const lockPath = join(cacheFolder, 'setup.lock');

/** Longer than any set-up takes. Process numbers are used again, in a container soon: a living owner proves little. */
const longestMs = 15 * 60_000;

/** Runs `work` while no other process of this working copy does; the lock of a process that is gone is taken over. */
export async function exclusively(progress, work) {
  mkdirSync(cacheFolder, { recursive: true });
  for (let told = false; !tryLock(); await sleep(200)) {
    const owner = readOwner();
    if (owner === undefined) continue;
    if (!isHeldBy(owner)) removeLockOf(owner);
    else if (!told) {
      progress.line(`another set-up is running (process ${owner}), waiting for it`);
      told = true;
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lockPath, { force: true });
  }
}

/** The file appears under its name with its content already in it, so a reader never sees it empty. */
function tryLock() {
  const ownPath = `${lockPath}.${process.pid}`;
  writeFileSync(ownPath, String(process.pid));
  try {
    linkSync(ownPath, lockPath);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(ownPath, { force: true });
  }
}

function readOwner() {
  try {
    return Number(readFileSync(lockPath, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isHeldBy(owner) {
  if (owner === process.pid) return false;
  try {
    process.kill(owner, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  const stats = statSync(lockPath, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs < longestMs;
}

/** Two waiting processes may both see the dead owner: whoever moved a living one's lock aside puts it back. */
function removeLockOf(owner) {
  const asidePath = `${lockPath}.aside.${process.pid}`;
  try {
    renameSync(lockPath, asidePath);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (Number(readFileSync(asidePath, 'utf8')) === owner) rmSync(asidePath);
  else renameSync(asidePath, lockPath);
}
