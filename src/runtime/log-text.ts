import type { LogFields } from './logger.ts';

/** A field of a log line as text. Bigints are TXIDs and checksums, which people know as 16 hexadecimal digits. */
export function logText(value: unknown): string {
  if (typeof value === 'bigint') return value.toString(16).padStart(16, '0');
  if (value instanceof Error) return withCauses(value);
  return typeof value === 'object' && value !== null ? logJson(value as LogFields) : String(value);
}

/** Fields of a log line as JSON, with bigints and errors as `logText` writes them. */
export function logJson(fields: LogFields): string {
  return JSON.stringify(fields, (_, value: unknown) =>
    typeof value === 'bigint' || value instanceof Error ? logText(value) : value,
  );
}

function withCauses(error: Error): string {
  const { cause } = error;
  if (!(cause instanceof Error) || error.message.includes(cause.message)) return error.message;
  return `${error.message}: ${withCauses(cause)}`;
}
