import { TypedError } from '../runtime/typed-error.ts';

export type ControlErrorCode =
  /** The socket cannot be made: something else is there, or the place is none. */
  | 'not-listening'
  /** No process answers at the socket. */
  | 'unreachable'
  /** The answer did not come in time; what was asked for may go on. */
  | 'timeout'
  /** The running process said no. */
  | 'refused';

/** What goes wrong between a running process and those who control it. */
export class ControlError extends TypedError<ControlErrorCode> {}
