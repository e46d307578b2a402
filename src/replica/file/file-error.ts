import { messageOf, systemErrorCode } from '../../runtime/typed-error.ts';
import { ReplicaError, type ReplicaErrorCode } from '../replica-error.ts';

interface Meaning {
  readonly code: ReplicaErrorCode;
  readonly state: string;
  readonly hint?: string;
}

const freeSpace = 'Free space there; what is missing is sent as soon as there is room';
const permit = 'Give the user of this process read, write and search permission on that directory';

const meanings: Readonly<Record<string, Meaning>> = {
  ENOSPC: { code: 'full', state: 'no space is left on the file system', hint: freeSpace },
  EDQUOT: { code: 'full', state: 'the disk quota is used up', hint: freeSpace },
  EACCES: { code: 'denied', state: 'permission is denied', hint: permit },
  EPERM: { code: 'denied', state: 'the operation is not permitted', hint: permit },
  EROFS: { code: 'denied', state: 'the file system is mounted read-only', hint: 'Mount it writable' },
  ENOENT: { code: 'unavailable', state: 'its directory is gone' },
  ENOTDIR: { code: 'unavailable', state: 'a part of its path is a file', hint: 'Name a directory as the replica' },
};

/** What an operation could not do, as a ReplicaError with the system's error as its cause. */
export function fileError(
  act: 'list' | 'open' | 'read' | 'write' | 'delete',
  path: string,
  cause: unknown,
): ReplicaError {
  if (cause instanceof ReplicaError) return cause;
  const known = meanings[systemErrorCode(cause) ?? ''];
  const state = known?.state ?? messageOf(cause);
  return new ReplicaError(known?.code ?? 'unavailable', `Cannot ${act} ${path}: ${state}`, {
    cause,
    hint: known?.hint,
  });
}
