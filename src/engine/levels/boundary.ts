/** The start of the interval that a moment lies in; intervals begin at multiples of their length on the wall clock. */
export function intervalStart(timeMs: number, intervalMs: number): number {
  return Math.floor(timeMs / intervalMs) * intervalMs;
}

/** The first boundary after a moment. */
export function nextBoundary(timeMs: number, intervalMs: number): number {
  return intervalStart(timeMs, intervalMs) + intervalMs;
}

/** The first boundary at or after a moment. */
export function boundaryFrom(timeMs: number, intervalMs: number): number {
  return Math.ceil(timeMs / intervalMs) * intervalMs;
}
