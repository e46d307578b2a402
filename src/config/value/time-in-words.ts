import { parseGoDuration } from './go-duration.ts';

/** What `parseTime` accepts, for messages. */
export const timeForm =
  'an RFC 3339 time such as 2026-05-01T14:30:00Z, a date, HH:MM[:SS], now, today, yesterday or "5 minutes ago"';

const timestamp =
  /^(\d{4}-\d{2}-\d{2})(?:(?:[Tt]| +)(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?: *([Zz]|[+-]\d{2}:\d{2}))?)?$/;

/**
 * Reads a moment, in milliseconds since the Unix epoch; undefined when `text` is none. Without an offset the local time
 * zone counts. A day without a time is its first moment; a time without a day is today's, also when still to come.
 */
export function parseTime(text: string, nowMs: number): number | undefined {
  const words = text.trim().toLowerCase().replace(/\s+/g, ' ');
  if (words === 'now') return nowMs;
  const ago = /^(.+) ago$/.exec(words);
  if (ago !== null) return before(nowMs, ago[1]!);
  const [first = '', second, ...rest] = words.split(' ');
  if ((first === 'today' || first === 'yesterday') && rest.length === 0) {
    return atLocal(day(nowMs, first === 'today' ? 0 : -1), second ?? '00:00');
  }
  if (/^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(words)) return atLocal(day(nowMs, 0), words);
  const stamp = timestamp.exec(text.trim());
  if (stamp === null) return undefined;
  const [, date = '', time = '00:00', offset] = stamp;
  return offset === undefined ? atLocal(date, time) : atOffset(date, time, offset);
}

/** The moment in the local time zone as RFC 3339, to the millisecond where there is a fraction. */
export function formatLocalTime(timeMs: number): string {
  const offsetMinutes = -new Date(timeMs).getTimezoneOffset();
  const text = new Date(timeMs + offsetMinutes * 60_000)
    .toISOString()
    .slice(0, -1)
    .replace(/\.000$/, '');
  if (offsetMinutes === 0) return `${text}Z`;
  const size = Math.abs(offsetMinutes);
  return `${text}${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

const unitMs: Readonly<Record<string, number>> = { second: 1000, minute: 60_000, hour: 3_600_000 };
const unitDays: Readonly<Record<string, number>> = { day: 1, week: 7 };

/** Days and weeks go by the calendar: a day ago is the same time of day, also across a change of the clocks. */
function before(nowMs: number, span: string): number | undefined {
  const match = /^(\d{1,9}|an?) (second|minute|hour|day|week)s?$/.exec(span);
  if (match === null) {
    const spanMs = parseGoDuration(span.replaceAll(' ', ''));
    return spanMs === undefined ? undefined : nowMs - spanMs;
  }
  const [, digits = '', unit = ''] = match;
  const count = digits.startsWith('a') ? 1 : Number(digits);
  const days = unitDays[unit];
  if (days === undefined) return nowMs - count * unitMs[unit]!;
  const moment = new Date(nowMs);
  moment.setDate(moment.getDate() - count * days);
  return Number.isNaN(moment.getTime()) ? undefined : moment.getTime();
}

function day(nowMs: number, offsetDays: number): string {
  const moment = new Date(nowMs);
  moment.setDate(moment.getDate() + offsetDays);
  return `${String(moment.getFullYear()).padStart(4, '0')}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

function atLocal(date: string, time: string): number | undefined {
  return isClockTime(time) && isCalendarDate(date) ? Date.parse(`${date}T${milliseconds(time)}`) : undefined;
}

function atOffset(date: string, time: string, offset: string): number | undefined {
  if (!isClockTime(time) || !isCalendarDate(date)) return undefined;
  const timeMs = Date.parse(`${date}T${milliseconds(time)}${offset.toUpperCase()}`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

function isClockTime(time: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?$/.test(twoDigitHour(time));
}

function isCalendarDate(date: string): boolean {
  const timeMs = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(timeMs) && new Date(timeMs).toISOString().startsWith(date);
}

/** Drops what is finer than a millisecond. */
function milliseconds(time: string): string {
  return twoDigitHour(time).replace(/(\.\d{3})\d+$/, '$1');
}

function twoDigitHour(time: string): string {
  return time[1] === ':' ? `0${time}` : time;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
