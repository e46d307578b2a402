import { type LogFields, type Logger, type LogLevel, loggerFrom } from '../../runtime/logger.ts';
import { type ErrorRecord, errorOfRecord, recordOfError } from './error-record.ts';
import type { FromShard } from './shard-protocol.ts';

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A logger whose lines go to the process of the store. */
export function channelLogger(level: LogLevel, send: (message: FromShard) => void): Logger {
  return loggerFrom((lineLevel, message, fields) => {
    if (ranks[lineLevel] >= ranks[level]) send({ kind: 'log', level: lineLevel, message, fields: wireFields(fields) });
  });
}

/** Writes a line that came over a channel. */
export function writeLine(logger: Logger, { level, message, fields }: Extract<FromShard, { kind: 'log' }>): void {
  logger[level](message, plainFields(fields));
}

/** An error as a field; the key tells it from other objects. */
interface WireError {
  readonly errorRecord: ErrorRecord;
}

function wireFields(fields: LogFields): LogFields {
  return mapValues(fields, (value) => {
    if (value instanceof Error) return { errorRecord: recordOfError(value) } satisfies WireError;
    return typeof value === 'function' || typeof value === 'symbol' ? String(value) : value;
  });
}

function plainFields(fields: LogFields): LogFields {
  return mapValues(fields, (value) => (isWireError(value) ? errorOfRecord(value.errorRecord) : value));
}

function isWireError(value: unknown): value is WireError {
  return typeof value === 'object' && value !== null && 'errorRecord' in value;
}

function mapValues(fields: LogFields, change: (value: unknown) => unknown): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, change(value)]));
}
