import { combineRegisters } from '../../kernel/crc64-combine.ts';
import type { Kernels } from '../../kernel/kernels.ts';
import { pageFrameHeaderBytes } from '../../kernel/limits.ts';
import { type Checksum, unknownChecksum, xorChecksum } from './checksum.ts';
import { decodeLtxHeader, encodeLtxHeader, type LtxHeader, ltxHeaderBytes } from './header.ts';
import { endOfPagesBytes } from './page-index.ts';
import { encodeLtxTrailer, ltxTrailerBytes } from './trailer.ts';

const fullRegister = 0xffff_ffff_ffff_ffffn;

/** A file as far as its epoch is concerned. Every page frame of it holds an LZ4 block, as in all files of ours. */
export interface StampedLtx {
  readonly headerBytes: Uint8Array;
  readonly fileChecksum: Checksum;
  readonly pageCount: number;
  /** Of the page index with its size. */
  readonly indexBytes: number;
}

/** What changes of a file when it gets another epoch: its first 100 bytes and its last 16. */
export interface RestampedLtx {
  readonly header: LtxHeader;
  readonly headerBytes: Uint8Array;
  readonly trailerBytes: Uint8Array;
}

/**
 * Gives a file another epoch. The file checksum follows without a look at the pages: a CRC is linear, so the difference of
 * two headers is moved up by the length of all that is hashed after them.
 */
export function restampLtx(
  file: StampedLtx,
  epoch: number,
  { kernels }: { readonly kernels: Pick<Kernels, 'crc64'> },
): RestampedLtx {
  const before = file.headerBytes.subarray(0, ltxHeaderBytes);
  const header = { ...decodeLtxHeader(before), epoch };
  const headerBytes = encodeLtxHeader(header);
  const difference = kernels.crc64(fullRegister, before) ^ kernels.crc64(fullRegister, headerBytes);
  const pagesBytes = file.pageCount * (pageFrameHeaderBytes + header.pageSizeBytes);
  const hashedAfter = pagesBytes + endOfPagesBytes + file.indexBytes + ltxTrailerBytes / 2;
  const fileChecksum = xorChecksum(file.fileChecksum, combineRegisters(difference, 0n, hashedAfter));
  return { header, headerBytes, trailerBytes: encodeLtxTrailer({ postApplyChecksum: unknownChecksum, fileChecksum }) };
}
