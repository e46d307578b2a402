import { TypedError } from '../runtime/typed-error.ts';

export type DashboardErrorCode =
  /** There is no such database, replica or restore. */
  | 'unknown'
  /** The request is not one that can be served. */
  | 'invalid'
  /** A restore to that file, or too many of them, run already. */
  | 'busy';

/** Something the page asked for cannot be done. */
export class DashboardError extends TypedError<DashboardErrorCode> {}
