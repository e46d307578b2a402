import { TypedError } from '../src/runtime/typed-error.ts';

export type UsageErrorCode = 'unknown-command' | 'unknown-flag' | 'invalid-flag' | 'arguments' | 'not-there-yet';

/** A command line that asks for something this program does not understand. Ends with exit code 2. */
export class UsageError extends TypedError<UsageErrorCode> {}
