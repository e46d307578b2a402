import { dirname } from 'node:path';
import { makeDirectory } from '../../runtime/durable-directory.ts';
import type { DurableStage } from '../../runtime/durable-step.ts';
import type { FileCalls } from '../../runtime/file-calls.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import type { LtxBody, WriteOutcome } from '../replica-client.ts';

export interface ShareSteps {
  readonly link: (existingPath: string, newPath: string) => void | Promise<void>;
  readonly reached: (stage: DurableStage) => void;
  readonly calls: FileCalls;
}

/**
 * Gives a durable file that nobody will write to again a second name instead of copying it. Undefined where that cannot be,
 * on another file system for one: then it is to be copied.
 */
export async function shareFile(path: string, body: LtxBody, steps: ShareSteps): Promise<WriteOutcome | undefined> {
  const { shared } = body;
  if (shared === undefined) return undefined;
  try {
    if (!shared.isKnown && !(await isBrought(shared.path, body, steps))) return undefined;
    await linkInto(path, shared.path, steps);
    steps.reached('publish');
    return 'created';
  } catch (error) {
    return systemErrorCode(error) === 'EEXIST' ? 'exists' : undefined;
  }
}

/** Whether the file has the size of the body; it has its time afterwards. */
async function isBrought(sharedPath: string, { sizeBytes, timestampMs }: LtxBody, steps: ShareSteps): Promise<boolean> {
  const stats = await steps.calls.stats(sharedPath);
  if (stats.sizeBytes !== sizeBytes) return false;
  if (stats.modifiedMs !== timestampMs) await setModified(sharedPath, timestampMs, steps);
  return true;
}

/** Gives the file its time, which the name goes with, and makes it durable. */
async function setModified(sharedPath: string, timestampMs: number, { calls, reached }: ShareSteps): Promise<void> {
  const descriptor = await calls.open(sharedPath, 'r');
  try {
    await calls.setModified(descriptor, timestampMs);
    reached('write');
    await calls.sync(descriptor);
    reached('sync');
  } finally {
    await calls.close(descriptor);
  }
}

/** The directory may not be there yet. */
async function linkInto(path: string, sharedPath: string, { link }: ShareSteps): Promise<void> {
  try {
    return await link(sharedPath, path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
  await makeDirectory(dirname(path));
  await link(sharedPath, path);
}
