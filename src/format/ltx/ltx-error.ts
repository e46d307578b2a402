import { TypedError } from '../../runtime/typed-error.ts';

export type LtxErrorCode =
  | 'header-invalid'
  | 'frame-invalid'
  | 'page-order'
  | 'index-invalid'
  | 'trailer-invalid'
  | 'snapshot-incomplete'
  | 'checksum-mismatch'
  | 'truncated'
  | 'not-mergeable';

/** Bytes that are not a valid LTX file, or files that do not fit together. */
export class LtxError extends TypedError<LtxErrorCode> {}
