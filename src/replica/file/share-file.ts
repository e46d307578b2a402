import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory } from '../../runtime/durable-directory.ts';
import type { DurableStage } from '../../runtime/durable-step.ts';
import { fileTime } from '../../runtime/file-calls.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import type { LtxBody, WriteOutcome } from '../replica-client.ts';

/** Below this a copy costs next to nothing, and two copies are better than one. */
const leastBytes = 64 << 20;

export interface ShareSteps {
  readonly link: (existingPath: string, newPath: string) => Promise<void>;
  readonly reached: (stage: DurableStage) => void;
}

/**
 * Gives a large file that nobody will write to again a second name instead of copying it. Undefined where that cannot be,
 * on another file system for one: then it is to be copied.
 */
export async function shareFile(
  path: string,
  { sharedPath, sizeBytes, timestampMs }: LtxBody,
  steps: ShareSteps,
): Promise<WriteOutcome | undefined> {
  if (sharedPath === undefined || sizeBytes < leastBytes) return undefined;
  let handle: FileHandle | undefined;
  try {
    handle = await open(sharedPath, 'r');
    if ((await handle.stat()).size !== sizeBytes) return undefined;
    await handle.utimes(fileTime(timestampMs), fileTime(timestampMs));
    steps.reached('write');
    await handle.sync();
    steps.reached('sync');
    await makeDirectory(dirname(path));
    await steps.link(sharedPath, path);
    steps.reached('publish');
    return 'created';
  } catch (error) {
    return systemErrorCode(error) === 'EEXIST' ? 'exists' : undefined;
  } finally {
    await handle?.close();
  }
}
