import type { FileIdentity } from './file-identity.ts';
import { readKernelLockTable, sharedLockByte } from './kernel-locks.ts';
import { LiveError } from './live-error.ts';

/**
 * Tells a database in EXCLUSIVE locking mode, which answers "busy" for ever, from a lock that passes, by the kernel's table.
 * The last close of an application looks the same for a moment: it is tried again in either case.
 */
export function explainExclusive(path: string, identity: FileIdentity, error: unknown): unknown {
  if (!(error instanceof LiveError) || error.code !== 'busy') return error;
  const holder = readKernelLockTable()
    ?.locksOn(identity)
    .find((lock) => lock.kind === 'WRITE' && lock.firstByte <= sharedLockByte && lock.lastByte >= sharedLockByte);
  if (holder === undefined) return error;
  return new LiveError(
    'exclusive',
    `Cannot attach database ${path}: process ${holder.pid} holds it in EXCLUSIVE mode`,
    {
      cause: error,
      hint: 'let the application use `PRAGMA locking_mode = NORMAL`; it is tried again',
      data: { pid: holder.pid },
    },
  );
}
