import { TypedError } from '../runtime/typed-error.ts';

/** The address of the metrics cannot be listened on. */
export class MonitoringError extends TypedError<'not-listening'> {}
