export const minPageSizeBytes = 512;
export const maxPageSizeBytes = 65536;

/** True for the page sizes SQLite has: the powers of two from 512 to 65536. */
export function isPageSize(bytes: number): boolean {
  if (!Number.isInteger(bytes) || bytes < minPageSizeBytes || bytes > maxPageSizeBytes) return false;
  return (bytes & (bytes - 1)) === 0;
}
