import type { Checksum } from '../format/ltx/checksum.ts';
import type { Txid } from '../format/ltx/txid.ts';
import { TypedError } from '../runtime/typed-error.ts';

export type EngineErrorCode =
  /** Frames between our position and the WAL as it is cannot be had; a diff finds what changed. */
  | 'position-lost'
  /** A frame below mxFrame that fails its checksum twice. */
  | 'frame-unreadable'
  /** The database and its replica disagree about the past; only the operator can say which one is right. */
  | 'diverged'
  /** A lease is not held, or not any more; what is to be sent waits. */
  | 'lease-lost'
  /** A later holder of the lease has gone on with the replica; what was not sent by then belongs to no lineage. */
  | 'superseded'
  /** An earlier holder of the lease wrote once more before this one did; its file is taken into the lineage. */
  | 'late-write'
  /** Somebody else replicates this database. */
  | 'in-use'
  /** The page-checksum table that is in use cannot be read any more; the next attachment finds out what is left of it. */
  | 'table-lost'
  /** Local state that cannot be used. */
  | 'state-invalid'
  /** Local state of a later version of this program. */
  | 'state-newer'
  /** Not possible now. */
  | 'unavailable';

export interface EngineErrorData {
  /** The name of the replica it is about. */
  readonly replica?: string | undefined;
  /** Where the replica and the database differ. */
  readonly txid?: Txid | undefined;
  readonly replicaChecksum?: Checksum | undefined;
  readonly databaseChecksum?: Checksum | undefined;
}

/** A database that cannot be followed as it is. */
export class EngineError extends TypedError<EngineErrorCode, EngineErrorData> {}

export function positionLost(path: string, state: string): EngineError {
  return new EngineError('position-lost', `Cannot follow the WAL of ${path}: ${state}`);
}
