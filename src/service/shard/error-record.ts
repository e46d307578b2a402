import { ServiceError } from '../service-error.ts';

/** An error as plain data, for a channel between processes. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly hint?: string | undefined;
  readonly stack?: string | undefined;
  readonly cause?: ErrorRecord | undefined;
}

/** Causes deeper than this are left out. */
const causeDepth = 5;

export function recordOfError(error: unknown, depth = causeDepth): ErrorRecord {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    code: textField(error, 'code'),
    hint: textField(error, 'hint'),
    stack,
    cause: cause === undefined || depth === 0 ? undefined : recordOfError(cause, depth - 1),
  };
}

/** What a shard in another process threw, under our error class; its own name and code stand in `data`. */
export function errorOfRecord(record: ErrorRecord): ServiceError {
  const error = new ServiceError('in-shard', record.message, {
    hint: record.hint,
    cause: record.cause === undefined ? undefined : errorOfRecord(record.cause),
    data: { name: record.name, code: record.code },
  });
  if (record.stack !== undefined) error.stack = record.stack;
  return error;
}

function textField(error: Error, name: 'code' | 'hint'): string | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : undefined;
}
