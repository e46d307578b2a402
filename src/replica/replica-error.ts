import { TypedError } from '../runtime/typed-error.ts';

export type ReplicaErrorCode =
  | 'not-found'
  | 'closed'
  | 'full'
  | 'denied'
  | 'unavailable'
  | 'invalid-url'
  | 'invalid-lease'
  | 'unsupported';

/** A replica that cannot do what was asked. `full`, `denied` and `unavailable` may pass; the others are final. */
export class ReplicaError extends TypedError<ReplicaErrorCode> {}
