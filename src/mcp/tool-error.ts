import { TypedError } from '../runtime/typed-error.ts';

export type ToolErrorCode =
  /** A config file that is not that of this process. */
  | 'other-config'
  /** Neither a database of this process nor a replica of one. */
  | 'unknown'
  /** The local state of a database that goes on from it. */
  | 'in-use'
  /** A restore would replace a file. */
  | 'output-exists'
  /** A time or a TXID that is none, or both of them. */
  | 'invalid-argument';

/** What a tool was asked for and cannot be done. */
export class ToolError extends TypedError<ToolErrorCode> {}
