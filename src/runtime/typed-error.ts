export interface TypedErrorOptions<Data> {
  readonly cause?: unknown;
  /** What an operator can do about it; one sentence without a period. */
  readonly hint?: string | undefined;
  readonly data?: Data | undefined;
}

/**
 * The base of every error class of this project: a code from a closed union, a typed payload and, where there is one,
 * the way out. Messages read "Cannot <act> <object>: <current state>", without a period.
 */
export abstract class TypedError<Code extends string, Data = unknown> extends Error {
  readonly code: Code;
  readonly hint: string | undefined;
  readonly data: Data | undefined;

  constructor(code: Code, message: string, options: TypedErrorOptions<Data> = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
    this.data = options.data;
  }
}

/** What an operator can do about an error, where it says so. */
export function hintOf(error: unknown): string | undefined {
  return error instanceof TypedError ? error.hint : undefined;
}

/** What an error says, also of what was thrown and is no error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of a system error (`ENOENT`, `ENOSPC`, ...), or undefined when `error` is not one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}
