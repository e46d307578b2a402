/** What `parseByteSize` accepts, for messages. */
export const byteSizeForm = 'a size such as 500KB, 64MB (1000-based), 64MiB (1024-based) or a number of bytes';

const prefixes = 'kmgtpe';

/**
 * Reads a size in bytes: a number with an optional unit, in any case. KB counts in thousands, KiB in 1024s, K is KB.
 * Fractions of a byte are dropped; undefined when `text` is no size or too large for an exact number.
 */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d[\d,]*(?:\.\d*)?|\.\d+)\s*(?:([kmgtpe])(i)?)?b?$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, digits = '', prefix, binary] = match;
  const exponent = prefix === undefined ? 0 : prefixes.indexOf(prefix.toLowerCase()) + 1;
  const bytes = Math.floor(Number(digits.replaceAll(',', '')) * (binary === undefined ? 1000 : 1024) ** exponent);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Writes a size for people, 1000-based, with two or three digits: `999 B`, `8.2 kB`, `64 MB`. */
export function formatByteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let index = Math.min(Math.floor(Math.log10(bytes) / 3), units.length) - 1;
  let value = bytes / 1000 ** (index + 1);
  if (value >= 999.5 && index < units.length - 1) {
    index++;
    value /= 1000;
  }
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${units[index]}`;
}
