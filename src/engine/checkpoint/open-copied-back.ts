import type { Clock } from '../../runtime/clock.ts';
import type { AttachedFiles } from '../../sqlite/attached-files.ts';
import { Checkpointer } from '../../sqlite/checkpointer.ts';
import { LiveDatabase } from '../../sqlite/live-database.ts';
import { LiveError } from '../../sqlite/live-error.ts';

const tryMs = 1_000;
const pauseMs = 2;

/**
 * Attaches a database whose WAL holds frames that cannot be verified (old SQLite versions write zero salts in one savepoint
 * case): under the writer lock everything is copied back first, so that the mark taken is 0 and the WAL need not be read.
 * Throws LiveError `busy` when readers or writers are in the way.
 */
export async function openCopiedBack(
  path: string,
  { attached, clock }: { readonly attached: AttachedFiles; readonly clock: Clock },
): Promise<LiveDatabase> {
  const checkpointer = Checkpointer.open(path);
  try {
    for (const endMs = clock.monotonic() + tryMs; clock.monotonic() < endMs; await clock.sleep(pauseMs)) {
      if (!checkpointer.raiseBarrier()) continue;
      if (checkpointer.passive()?.complete) return LiveDatabase.open(path, attached);
      checkpointer.lowerBarrier();
    }
    throw new LiveError('busy', `Cannot copy the WAL of ${path} back: a reader or writer is in the way`);
  } finally {
    checkpointer.close();
  }
}
