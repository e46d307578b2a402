/** What `parseGoDuration` accepts, for messages. */
export const durationForm = 'a duration with its unit, such as 500ms, 1m30s or 24h';

const unitNs: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const part = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
const longestNs = 2n ** 63n - 1n;

/**
 * Reads a duration as Go writes it, in milliseconds; undefined when `text` is none, is negative or exceeds Go's range.
 * A number without a unit is none, except 0. Digits below a nanosecond are dropped.
 */
export function parseGoDuration(text: string): number | undefined {
  const body = text.startsWith('+') ? text.slice(1) : text;
  if (body === '0') return 0;
  if (body === '') return undefined;
  let totalNs = 0n;
  part.lastIndex = 0;
  while (part.lastIndex < body.length) {
    const match = part.exec(body);
    if (match === null) return undefined;
    const [, whole = '', fraction = '', unit = ''] = match;
    if (whole === '' && fraction === '') return undefined;
    const scale = unitNs[unit]!;
    totalNs += BigInt(whole === '' ? 0 : whole) * scale;
    totalNs += (BigInt(fraction === '' ? 0 : fraction) * scale) / 10n ** BigInt(fraction.length);
    if (totalNs > longestNs) return undefined;
  }
  return Number(totalNs) / 1e6;
}

/** Writes a duration the short way: `24h`, `1m30s`, `1.5s`, `500ms`, `0s`. */
export function formatGoDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  if (durationMs < 1000) return `${durationMs}ms`;
  const hours = Math.floor(durationMs / 3_600_000);
  const minutes = Math.floor((durationMs % 3_600_000) / 60_000);
  const restMs = durationMs % 60_000;
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${restMs > 0 ? `${restMs / 1000}s` : ''}`;
}
