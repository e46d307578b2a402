import { ltxHeaderBytes } from './header.ts';
import { LtxError } from './ltx-error.ts';
import { endOfPagesBytes, indexSizeBytes } from './page-index.ts';
import { ltxTrailerBytes } from './trailer.ts';

/** The least a reader must have of a file's end to find its page index. A larger read often holds the index too. */
export const ltxTailBytes = indexSizeBytes + ltxTrailerBytes;
/** A file without pages: header, end of pages, an index of one zero, trailer. */
export const minLtxFileBytes = ltxHeaderBytes + endOfPagesBytes + 1 + ltxTailBytes;

export interface PageIndexLocation {
  readonly offset: number;
  /** The size of what `decodePageIndex` takes. */
  readonly sizeBytes: number;
  /** The index itself when the tail reaches back far enough. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * Finds the page index of a file of `fileSizeBytes` by its last bytes, at least `ltxTailBytes` of them. What it returns
 * lies inside the file. Throws LtxError `truncated` or `index-invalid`.
 */
export function locatePageIndex(tail: Uint8Array, fileSizeBytes: number): PageIndexLocation {
  if (fileSizeBytes < minLtxFileBytes || tail.length < ltxTailBytes) {
    throw new LtxError('truncated', `Cannot find page index: ${Math.min(fileSizeBytes, tail.length)} bytes`);
  }
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  const entryBytes = view.getBigUint64(tail.length - ltxTailBytes);
  const roomBytes = fileSizeBytes - minLtxFileBytes + 1;
  if (entryBytes < 1n || entryBytes > BigInt(roomBytes)) {
    throw new LtxError('index-invalid', `Cannot find page index: its size says ${entryBytes}, ${roomBytes} are there`);
  }
  const sizeBytes = Number(entryBytes) + indexSizeBytes;
  const offset = fileSizeBytes - ltxTrailerBytes - sizeBytes;
  const start = offset - (fileSizeBytes - tail.length);
  const bytes = start < 0 ? undefined : tail.subarray(start, start + sizeBytes);
  return { offset, sizeBytes, bytes };
}
