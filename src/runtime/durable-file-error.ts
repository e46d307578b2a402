import { TypedError } from './typed-error.ts';

/** A durable file that cannot be finished: somebody else has begun the same one meanwhile, under the same temporary name. */
export class DurableFileError extends TypedError<'temporary-taken'> {}
