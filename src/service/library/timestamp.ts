import { parseTime, timeForm } from '../../config/value/time-in-words.ts';
import { ServiceError } from '../service-error.ts';

/** A moment: a Date, milliseconds since the Unix epoch, an RFC 3339 text, or words such as `5 minutes ago`. */
export type Timestamp = Date | number | string;

/** Throws ServiceError `invalid-option`. */
export function millisecondsOf(timestamp: Timestamp, nowMs: number): number {
  if (typeof timestamp !== 'string') {
    const timeMs = Number(timestamp);
    if (Number.isFinite(timeMs)) return timeMs;
    throw new ServiceError('invalid-option', `Cannot use ${String(timestamp)} as a time: it is none`);
  }
  const timeMs = parseTime(timestamp, nowMs);
  if (timeMs !== undefined) return timeMs;
  throw new ServiceError('invalid-option', `Cannot use "${timestamp}" as a time: it is none`, {
    hint: `Write ${timeForm}`,
  });
}
