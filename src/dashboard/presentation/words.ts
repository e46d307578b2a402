const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `1.2 MB` */
export function bytesText(bytes: number | undefined): string {
  if (bytes === undefined) return '–';
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

/** `0.3 s`, `4 s`, `3 min`, `5 h`, `2 d` */
export function durationText(seconds: number): string {
  if (seconds < 0.05) return '0 s';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

export function agoText(timeMs: number | undefined, nowMs: number): string {
  if (timeMs === undefined) return 'never';
  const seconds = Math.max(0, (nowMs - timeMs) / 1000);
  return seconds < 1 ? 'just now' : `${durationText(seconds)} ago`;
}

const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clockFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** Date and time in the reader's language and time zone. */
export function timeText(timeMs: number): string {
  return timeFormat.format(timeMs);
}

/** The time of day. */
export function clockText(timeMs: number): string {
  return clockFormat.format(timeMs);
}

/** Without the zeros in front. */
export function txidText(txid: string | undefined): string {
  return txid === undefined ? '–' : txid.replace(/^0+(?=.)/, '');
}

/** A path as its directory, with the slash, and its file. */
export function splitPath(path: string): { readonly directory: string; readonly file: string } {
  const at = path.lastIndexOf('/') + 1;
  return { directory: path.slice(0, at), file: path.slice(at) };
}

export function countText(count: number, one: string, many: string): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
