import type { Txid } from '../../format/ltx/txid.ts';
import { TypedError } from '../../runtime/typed-error.ts';

export type RestoreErrorCode =
  /** TXIDs on the way to the target are in no file. */
  | 'gap'
  /** The target lies inside a file and `exact` was asked for. */
  | 'not-exact'
  /** The target is older than everything that can be restored. */
  | 'before-first'
  /** The target is newer than everything there is. */
  | 'after-newest'
  | 'no-backup'
  | 'no-such-replica'
  /** No replica could be read. */
  | 'unreachable'
  /** A file is not what its name or its place in the plan says. */
  | 'file-invalid'
  /** A file does not start from the database that its predecessor left. */
  | 'chain-broken'
  /** Files of two page sizes stand in one plan. */
  | 'page-size'
  | 'pages-missing'
  | 'checksum-mismatch'
  | 'integrity'
  | 'output-exists'
  | 'output-taken';

/** The facts an error is about; those that make no sense for its code are absent. */
export interface RestoreErrorData {
  /** The TXIDs that are in no file. */
  readonly missing?: { readonly from: Txid; readonly to: Txid } | undefined;
  /** The newest TXID that can be restored at all. */
  readonly latest?: Txid | undefined;
  /** The newest TXID at or before the target that can be restored. */
  readonly before?: Txid | undefined;
  /** The times between which states can be restored. */
  readonly range?: { readonly fromMs: number; readonly toMs: number } | undefined;
  /** The file at fault: level and name. */
  readonly file?: string | undefined;
  /** The newest TXID whose files have another page size than the target. */
  readonly otherPageSizeUpTo?: Txid | undefined;
}

/** A database that cannot be brought back as asked. */
export class RestoreError extends TypedError<RestoreErrorCode, RestoreErrorData> {}
