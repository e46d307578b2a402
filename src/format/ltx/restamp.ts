import { combineRegisters } from '../../kernel/crc64-combine.ts';
import type { Kernels } from '../../kernel/kernels.ts';
import { pageFrameHeaderBytes } from '../../kernel/limits.ts';
import { xorChecksum } from './checksum.ts';
import { decodeLtxHeader, encodeLtxHeader } from './header.ts';
import { LtxError } from './ltx-error.ts';
import { endOfPagesBytes } from './page-index.ts';
import { decodeLtxTrailer, encodeLtxTrailer } from './trailer.ts';

/** The parts of a file of ours that say all about its checksum. */
export interface StampedLtx {
  readonly headerBytes: Uint8Array;
  readonly trailerBytes: Uint8Array;
  readonly pageCount: number;
  /** As `PageIndexLocation` has it. */
  readonly indexSizeBytes: number;
}

export interface RestampedLtx {
  readonly headerBytes: Uint8Array;
  readonly trailerBytes: Uint8Array;
}

/**
 * Gives a file another epoch without reading its pages: a CRC is linear, so the difference of two headers moves over
 * whatever follows them. Only for files whose pages are LZ4 blocks, as all of ours are. A file that was damaged before
 * does not become right by this.
 */
export function restampEpoch(
  file: StampedLtx,
  epoch: number,
  { kernels }: { readonly kernels: Kernels },
): RestampedLtx {
  const header = decodeLtxHeader(file.headerBytes);
  if (!header.noChecksum) {
    throw new LtxError(
      'header-invalid',
      'Cannot write LTX header: it has checksum fields that only other programs write',
    );
  }
  const trailer = decodeLtxTrailer(file.trailerBytes, header);
  const headerBytes = encodeLtxHeader({ ...header, epoch });
  const pageBytes = file.pageCount * (pageFrameHeaderBytes + header.pageSizeBytes);
  const hashedBytes = pageBytes + endOfPagesBytes + file.indexSizeBytes + 8;
  const difference =
    kernels.crc64(0n, file.headerBytes.subarray(0, headerBytes.length)) ^ kernels.crc64(0n, headerBytes);
  const fileChecksum = xorChecksum(trailer.fileChecksum, combineRegisters(difference, 0n, hashedBytes));
  return { headerBytes, trailerBytes: encodeLtxTrailer({ ...trailer, fileChecksum }) };
}
