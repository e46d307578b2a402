import { TypedError } from '../runtime/typed-error.ts';

/** An address cannot be listened on. */
export class ListenError extends TypedError<'not-listening'> {}
