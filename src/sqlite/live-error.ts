import { TypedError } from '../runtime/typed-error.ts';

export type LiveErrorCode =
  /** Missing, or zero bytes: "not there yet". */
  | 'absent'
  /** Bytes that are no SQLite database, or an encrypted one. */
  | 'not-a-database'
  /** Somebody holds a lock that passes; try again. */
  | 'busy'
  /** An application holds the database in EXCLUSIVE locking mode. */
  | 'exclusive'
  /** In a rollback-journal mode and not to be switched, or not switchable now. */
  | 'not-wal'
  | 'denied'
  /** Another attachment of this process has the file open. */
  | 'attached'
  | 'native-module-missing'
  | 'unavailable';

/** A live database that cannot be attached, read or checkpointed. */
export class LiveError extends TypedError<LiveErrorCode> {}
