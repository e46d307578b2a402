import type { FileCalls } from './file-calls.ts';
import { removeIfThere } from './remove-if-there.ts';

/** What happened to a create-only publish. */
export type CreateOutcome = 'created' | 'exists';

/** How finished files get their final names. */
export interface Publisher {
  /** Moves `temporaryPath` to `path` unless that exists. After an error the temporary file may be there or not. */
  publish(temporaryPath: string, path: string, calls: FileCalls): Promise<CreateOutcome>;
}

/**
 * For a directory that a lock keeps for this process: nobody else gives names there between a look and a rename, which
 * take less than a link and an unlink.
 */
export const lockedDirectoryPublisher: Publisher = {
  async publish(temporaryPath, path, calls) {
    if (await calls.exists(path)) {
      await removeIfThere(temporaryPath, calls);
      return 'exists';
    }
    await calls.rename(temporaryPath, path);
    return 'created';
  },
};
