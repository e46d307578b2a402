import { rm } from 'node:fs/promises';
import type { LtxFileInfo } from '../../replica/replica-client.ts';
import { syncDirectory } from '../../runtime/durable-directory.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { MetaDirectory } from '../meta/meta-directory.ts';

/**
 * Removes what says how far a database is copied, LTX files last: a removal that is cut short is found broken again. The lease's
 * note, the lock, quarantined files and the marker of a restore stay.
 */
export async function removeLocalLineage(
  meta: MetaDirectory,
  files: readonly LtxFileInfo[],
  durableFiles: DurableFiles,
): Promise<void> {
  for (const path of [meta.positionPath, meta.pageChecksumsPath, meta.attemptedPath]) await rm(path, { force: true });
  await syncDirectory(meta.path);
  await rm(meta.snapshotLevelPath, { recursive: true, force: true });
  await durableFiles.remove(
    'local-ltx',
    files.map((file) => meta.filePath(file)),
  );
}
