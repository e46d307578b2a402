import { endianness } from 'node:os';
import type { WalByteOrder, WalChecksum } from '../../kernel/kernels.ts';
import { isPageSize } from '../database/page-size.ts';
import { walVersion } from './header.ts';
import { readSalts, type WalSalts } from './salts.ts';

/** How much of the `-shm` file to read. */
export const walIndexHeaderBytes = 136;

/** The start of the WAL-index, which says what of the WAL file is valid. */
export interface WalIndexHeader extends WalSalts {
  readonly changeCounter: number;
  /** How the words of the WAL's checksums are read. */
  readonly byteOrder: WalByteOrder;
  readonly pageSizeBytes: number;
  /** The last valid frame of the WAL, counted from 1; 0 when there is none. */
  readonly mxFrame: number;
  /** The size of the database in pages. */
  readonly pageCount: number;
  /** The running checksum of frame `mxFrame`. */
  readonly frameChecksum: WalChecksum;
  /** How many frames are copied back into the database file. */
  readonly nBackfill: number;
  /** What each of the five marks protects: `mxFrame` of a reader, or 0xffffffff when unused. */
  readonly readMarks: readonly number[];
}

export type DecodedWalIndexHeader =
  | { readonly state: 'valid'; readonly header: WalIndexHeader }
  /** A writer is in the middle of it, or was killed there: read again, then let SQLite repair it. */
  | { readonly state: 'torn' }
  /** Nothing was written to it yet. */
  | { readonly state: 'uninitialised' }
  /** Of another version, or with a page size that is none. */
  | { readonly state: 'unsupported' };

const copyBytes = 48;
const checksummedBytes = 40;
const littleEndian = endianness() === 'LE';

/**
 * Reads the first 136 bytes of a `-shm` file. Valid only when both copies of the header are equal and its checksum is
 * right; backfill and marks change on their own and are as they were at the moment of the read.
 */
export function decodeWalIndexHeader(bytes: Uint8Array): DecodedWalIndexHeader {
  if (bytes.length < walIndexHeaderBytes) return { state: 'uninitialised' };
  if (!copiesAreEqual(bytes)) return { state: 'torn' };
  if (bytes[12] === 0) return { state: 'uninitialised' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, walIndexHeaderBytes);
  const checksum = headerChecksum(view);
  if (checksum.s1 !== word(view, 40) || checksum.s2 !== word(view, 44)) return { state: 'torn' };
  const pageSizeBytes = decodePageSize(view.getUint16(14, littleEndian));
  if (bytes[12] !== 1 || word(view, 0) !== walVersion || !isPageSize(pageSizeBytes)) return { state: 'unsupported' };
  const { salts, salt1, salt2 } = readSalts(bytes, 32);
  const header: WalIndexHeader = {
    changeCounter: word(view, 8),
    byteOrder: bytes[13] === 0 ? 'little' : 'big',
    pageSizeBytes,
    mxFrame: word(view, 16),
    pageCount: word(view, 20),
    frameChecksum: { s1: word(view, 24), s2: word(view, 28) },
    salts,
    salt1,
    salt2,
    nBackfill: word(view, 96),
    readMarks: [word(view, 100), word(view, 104), word(view, 108), word(view, 112), word(view, 116)],
  };
  return { state: 'valid', header };
}

function copiesAreEqual(bytes: Uint8Array): boolean {
  for (let i = 0; i < copyBytes; i++) if (bytes[i] !== bytes[copyBytes + i]) return false;
  return true;
}

/** 65536 does not fit 16 bits: it is stored as 1, by some versions as 0. */
function decodePageSize(stored: number): number {
  return stored <= 1 ? 65536 : stored;
}

/** SQLite's WAL checksum in native byte order: five steps, not worth a call of the kernel. */
function headerChecksum(view: DataView): WalChecksum {
  let s1 = 0;
  let s2 = 0;
  for (let offset = 0; offset < checksummedBytes; offset += 8) {
    s1 = (s1 + word(view, offset) + s2) >>> 0;
    s2 = (s2 + word(view, offset + 4) + s1) >>> 0;
  }
  return { s1, s2 };
}

function word(view: DataView, offset: number): number {
  return view.getUint32(offset, littleEndian);
}
