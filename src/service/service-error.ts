import { TypedError } from '../runtime/typed-error.ts';

export type ServiceErrorCode =
  /** The native module of better-sqlite3 is missing or made for another Node. */
  | 'sqlite-missing'
  /** What the caller of the library asked for makes no sense. */
  | 'invalid-option'
  /** Somebody replicates the database. */
  | 'in-use'
  /** A path that is not replicated here. */
  | 'unknown-database'
  /** The same database a second time, or under another name. */
  | 'already-there'
  /** The store of a replica does not keep the promise that its lease relies on. */
  | 'lease-unproven'
  /** Nothing to copy yet, or nothing that can be copied now. */
  | 'unavailable'
  /** The process of a shard ended before it answered. */
  | 'shard-ended'
  /** What a shard in another process said; `data.code` is the code it gave. */
  | 'in-shard'
  | 'stopped';

export interface ServiceErrorData {
  /** The class of the error as it was. */
  readonly name: string;
  readonly code: string | undefined;
}

/** Something that this process cannot do for any database, or not for this one now. */
export class ServiceError extends TypedError<ServiceErrorCode, ServiceErrorData> {}
