import type { Logger } from '../../runtime/logger.ts';
import { hintOf } from '../../runtime/typed-error.ts';
import { LiveError } from '../../sqlite/live-error.ts';
import { EngineError } from '../engine-error.ts';

/** What the end of an attachment asks for. */
export type AttachmentFailure =
  /** Frames were missed: the whole database is read. */
  | 'position-lost'
  /** The replica holds a file of another holder of the lease: the lineage is looked at again. */
  | 'lineage-moved'
  /** Nothing gets better until somebody does something. */
  | 'needs-operator'
  /** Gets better by itself, often. */
  | 'passing'
  | 'other';

const operatorCodes: ReadonlySet<string> = new Set(['diverged', 'in-use', 'state-newer']);

export function attachmentFailure(error: Error): AttachmentFailure {
  if (error instanceof LiveError) return error.code === 'busy' || error.code === 'absent' ? 'passing' : 'other';
  if (!(error instanceof EngineError)) return 'other';
  if (error.code === 'position-lost' || error.code === 'frame-unreadable') return 'position-lost';
  if (error.code === 'superseded' || error.code === 'late-write' || error.code === 'lease-lost') return 'lineage-moved';
  return operatorCodes.has(error.code) ? 'needs-operator' : 'other';
}

/** Says a failure; one that was the last one too only where it means work. */
export function logFailure(logger: Logger, error: Error, { isNews }: { readonly isNews: boolean }): void {
  const failure = attachmentFailure(error);
  const replica = error instanceof EngineError ? error.data?.replica : undefined;
  if (failure === 'position-lost') {
    logger.warn('the position in the WAL is lost, the whole database is read to find what changed', { error });
  } else if (failure === 'lineage-moved')
    logger.warn('the replica has been written by another host', { replica, error });
  else if (isNews) {
    logger[failure === 'passing' ? 'debug' : 'error']('cannot replicate the database, trying again', {
      replica,
      error,
      hint: hintOf(error),
    });
  }
}
