import { TypedError } from '../runtime/typed-error.ts';

/** `usage`: the command line is wrong. The others: the file is, or what it asks for. */
export type ConfigErrorCode = 'not-found' | 'unreadable' | 'invalid' | 'not-supported' | 'conflict' | 'usage';

/** One thing that is wrong in a config file. */
export interface ConfigProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** Such as `dbs[0].replica.url`; empty for the whole file. */
  readonly key: string;
  /** What was found and what is allowed. */
  readonly message: string;
  readonly code: 'invalid' | 'not-supported';
}

export interface ConfigErrorData {
  readonly problems: readonly ConfigProblem[];
}

/** A config file or a list of databases that cannot be used. */
export class ConfigError extends TypedError<ConfigErrorCode, ConfigErrorData> {}
