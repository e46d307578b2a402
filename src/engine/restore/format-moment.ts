/** A time in messages: RFC 3339, UTC, milliseconds. */
export function formatMoment(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? `${timeMs} ms` : date.toISOString();
}
