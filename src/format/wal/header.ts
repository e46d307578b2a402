import type { Kernels, WalByteOrder, WalChecksum } from '../../kernel/kernels.ts';
import { isPageSize } from '../database/page-size.ts';
import { readSalts, type WalSalts } from './salts.ts';

export const walHeaderBytes = 32;
export const walVersion = 3_007_000;

/** The first 32 bytes of a WAL file. */
export interface WalHeader extends WalSalts {
  /** How the words of checksums are read; the numbers themselves are big-endian always. */
  readonly byteOrder: WalByteOrder;
  readonly pageSizeBytes: number;
  readonly checkpointSequence: number;
  /** The running checksum that the first frame goes on from. */
  readonly checksum: WalChecksum;
}

export type DecodedWalHeader =
  | { readonly state: 'valid'; readonly header: WalHeader }
  /** Fewer than 32 bytes: no frames. */
  | { readonly state: 'empty' }
  /** A checksum or magic number that is wrong, as in the middle of a restart: SQLite takes such a WAL for empty. */
  | { readonly state: 'invalid' };

const bigEndianMagic = 0x377f0683;
const littleEndianMagic = 0x377f0682;
const checksummedBytes = 24;

export function decodeWalHeader(bytes: Uint8Array, { kernels }: { readonly kernels: Kernels }): DecodedWalHeader {
  if (bytes.length < walHeaderBytes) return { state: 'empty' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, walHeaderBytes);
  const byteOrder = readByteOrder(view.getUint32(0));
  const pageSizeBytes = view.getUint32(8);
  if (byteOrder === undefined || view.getUint32(4) !== walVersion || !isPageSize(pageSizeBytes)) {
    return { state: 'invalid' };
  }
  const checksum = kernels.walChecksum({ s1: 0, s2: 0 }, bytes.subarray(0, checksummedBytes), byteOrder);
  if (checksum.s1 !== view.getUint32(24) || checksum.s2 !== view.getUint32(28)) return { state: 'invalid' };
  const checkpointSequence = view.getUint32(12);
  return {
    state: 'valid',
    header: { byteOrder, pageSizeBytes, checkpointSequence, checksum, ...readSalts(bytes, 16) },
  };
}

function readByteOrder(magic: number): WalByteOrder | undefined {
  if (magic === bigEndianMagic) return 'big';
  return magic === littleEndianMagic ? 'little' : undefined;
}
