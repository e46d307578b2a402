import { maxPageSizeBytes } from '../database/page-size.ts';
import { ltxHeaderBytes } from './header.ts';
import { LtxError } from './ltx-error.ts';
import { maxPageFrameBytes } from './page-frames.ts';
import { ltxTrailerBytes } from './trailer.ts';

/** The six zeros between the last page frame and the page index. */
export const endOfPagesBytes = 6;
/** The u64 after the entries that tells their size. */
export const indexSizeBytes = 8;
/** A page header, and at least one byte. */
const minFrameBytes = 7;
const maxFrameBytes = maxPageFrameBytes(maxPageSizeBytes);

/** Where each page frame of a file lies: entries in ascending order of page numbers, one frame after the other. */
export interface PageIndex {
  readonly count: number;
  readonly pgnos: Uint32Array;
  /** From the start of the file. */
  readonly offsets: Float64Array;
  /** Sizes of whole page frames. */
  readonly sizes: Uint32Array;
}

/** No entry takes more: u32, a position that a number holds exactly, u32. */
export const mostEntryBytes = 5 + 8 + 5;

/** Writes the entry of a page at `at` and returns where it ends. */
export function writeIndexEntry(bytes: Uint8Array, at: number, pgno: number, offset: number, size: number): number {
  return writeUvarint(bytes, writeUvarint(bytes, writeUvarint(bytes, at, pgno), offset), size);
}

/** The index as it stands in a file: entries, a zero, and their size. */
export function completePageIndex(entries: Uint8Array): Uint8Array {
  const sizeBytes = entries.length + 1;
  const bytes = new Uint8Array(sizeBytes + indexSizeBytes);
  bytes.set(entries);
  new DataView(bytes.buffer).setBigUint64(sizeBytes, BigInt(sizeBytes));
  return bytes;
}

export function encodePageIndex({ count, pgnos, offsets, sizes }: PageIndex): Uint8Array {
  const entries = new Uint8Array(count * mostEntryBytes);
  let at = 0;
  for (let i = 0; i < count; i++) at = writeIndexEntry(entries, at, pgnos[i]!, offsets[i]!, sizes[i]!);
  return completePageIndex(entries.subarray(0, at));
}

/**
 * Reads an index with its trailing zero and size. Every frame must follow the one before it and lie inside the file, so
 * that nobody reads or allocates what is not there. Throws LtxError `index-invalid`.
 */
export function decodePageIndex(bytes: Uint8Array, { fileSizeBytes }: { readonly fileSizeBytes: number }): PageIndex {
  const entryBytes = bytes.length - indexSizeBytes;
  if (entryBytes < 1) throw invalid(`${bytes.length} bytes`);
  const statedBytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(entryBytes);
  if (statedBytes !== BigInt(entryBytes)) throw invalid(`its size says ${statedBytes}, it has ${entryBytes} bytes`);
  const entries = bytes.subarray(0, entryBytes);
  const count = countEntries(entries);
  const index = {
    count,
    pgnos: new Uint32Array(count),
    offsets: new Float64Array(count),
    sizes: new Uint32Array(count),
  };
  const end = readEntries(entries, index);
  const expectedEnd = fileSizeBytes - ltxTrailerBytes - bytes.length - endOfPagesBytes;
  if (end !== expectedEnd) throw invalid(`its last page frame ends at ${end} instead of ${expectedEnd}`);
  return index;
}

/** Fills `index` and returns where the last frame ends. */
function readEntries(entries: Uint8Array, { count, pgnos, offsets, sizes }: PageIndex): number {
  const cursor = { at: 0 };
  let previousPgno = 0;
  let end = ltxHeaderBytes;
  for (let i = 0; i < count; i++) {
    const pgno = readUvarint(entries, cursor);
    const offset = readUvarint(entries, cursor);
    const size = readUvarint(entries, cursor);
    if (pgno <= previousPgno || pgno > 0xffff_ffff) throw invalid(`page ${pgno} after page ${previousPgno}`);
    if (offset !== end) throw invalid(`page ${pgno} at ${offset} instead of ${end}`);
    if (size < minFrameBytes || size > maxFrameBytes) throw invalid(`page ${pgno} with ${size} bytes`);
    pgnos[i] = pgno;
    offsets[i] = offset;
    sizes[i] = size;
    previousPgno = pgno;
    end = offset + size;
  }
  if (readUvarint(entries, cursor) !== 0 || cursor.at !== entries.length) throw invalid('no zero after the last entry');
  return end;
}

/** Each number ends in the one byte of it without bit 7: three of them an entry and one for the final zero. */
function countEntries(entries: Uint8Array): number {
  let numbers = 0;
  for (let i = 0; i < entries.length; i++) if (entries[i]! < 0x80) numbers++;
  if (numbers % 3 !== 1) throw invalid('an entry is cut short');
  return (numbers - 1) / 3;
}

function readUvarint(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) throw invalid('an entry is cut short');
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      if (value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
    scale *= 128;
  }
  throw invalid('a number is out of range');
}

function writeUvarint(bytes: Uint8Array, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 128) {
    bytes[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}

function invalid(state: string): LtxError {
  return new LtxError('index-invalid', `Cannot read page index: ${state}`);
}
