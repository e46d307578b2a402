import { KernelError } from './kernel-error.ts';

/** The largest page of SQLite, and so the longest source of a block and the longest target. */
export const maxBlockBytes = 65536;

/** The page frame's own bytes in front of its LZ4 block: u32 pgno, u16 flags, u32 compressed size. */
export const pageFrameHeaderBytes = 10;

/** The bytes of a WAL frame in front of its page. */
export const walFrameHeaderBytes = 24;

/** No LZ4 block of `sourceBytes` is longer: a longer one in a file is invalid whatever it says. */
export function compressedLimit(sourceBytes: number): number {
  return sourceBytes + Math.floor(sourceBytes / 255) + 16;
}

/** What the register of a run takes: page frame headers and uncompressed pages. */
export function hashedBytesOf(pageCount: number, pageSize: number): number {
  return pageCount * (pageFrameHeaderBytes + pageSize);
}

/** Throws unless `pageSize` is one that SQLite knows: a power of two from 512 to 65536. */
export function requirePageSize(pageSize: number): void {
  const known = Number.isInteger(pageSize) && pageSize >= 512 && pageSize <= 65536 && (pageSize & (pageSize - 1)) === 0;
  if (!known) throw new KernelError('input-invalid', `Cannot work on pages: the page size is ${pageSize}`);
}

/** Throws unless a page count is one that the run has room for. */
export function requirePageCount(pageCount: number, capacity: number): void {
  if (!Number.isInteger(pageCount) || pageCount < 0 || pageCount > capacity) {
    throw new KernelError('run-too-long', `Cannot work on ${pageCount} pages: the run has room for ${capacity}`);
  }
}

/** Throws unless `byteCount` is within the run's room for frames. */
export function requireFrameBytes(byteCount: number, roomBytes: number): void {
  if (!Number.isInteger(byteCount) || byteCount < 0 || byteCount > roomBytes) {
    throw new KernelError('run-too-long', `Cannot decode ${byteCount} bytes: the run has room for ${roomBytes}`);
  }
}

/** Throws when a source or target is longer than a page can be. */
export function requireBlock(byteCount: number): void {
  if (byteCount > maxBlockBytes) {
    throw new KernelError('input-invalid', `Cannot work on a block: ${byteCount} bytes, the limit is ${maxBlockBytes}`);
  }
}

/** Throws unless the bytes are whole pairs of 32-bit words, as SQLite's checksum takes them. */
export function requireWordPairs(byteCount: number): void {
  if (byteCount % 8 !== 0) {
    throw new KernelError('input-invalid', `Cannot checksum WAL bytes: ${byteCount} is not a multiple of 8`);
  }
}

/** Throws unless these are the 8 bytes of two salts. */
export function requireSalts(salts: Uint8Array): void {
  if (salts.length !== 8) {
    throw new KernelError('input-invalid', `Cannot verify WAL frames: the salts are ${salts.length} bytes`);
  }
}

/** Throws unless a run of this capacity can be addressed with 32 bits. */
export function requireCapacity(pageSize: number, capacity: number): void {
  requirePageSize(pageSize);
  const bytes = capacity * (pageSize * 2 + 512);
  if (!Number.isInteger(capacity) || capacity < 1 || bytes > 0x7fff_0000) {
    throw new KernelError('run-too-long', `Cannot open a page run: ${capacity} pages of ${pageSize} bytes`);
  }
}
