import { checksumOfRegister, toChecksum } from '../../src/format/ltx/checksum.ts';
import { ltxHeaderBytes } from '../../src/format/ltx/header.ts';
import { encodePageIndex, type PageIndex } from '../../src/format/ltx/page-index.ts';
import { encodeLtxTrailer } from '../../src/format/ltx/trailer.ts';
import { referenceKernels } from '../../src/kernel/reference/reference-kernels.ts';

/** A page frame as it stands in a file, and what the file checksum takes of it. */
export interface RawFrame {
  readonly pgno: number;
  readonly bytes: Uint8Array;
  readonly hashed: Uint8Array;
}

export interface RawLtxFile {
  readonly header: Uint8Array;
  readonly frames: readonly RawFrame[];
  readonly postApplyChecksum?: bigint;
  /** Stands in for the index of `frames`. */
  readonly index?: Uint8Array;
}

/** Puts a file together with a right file checksum and no other check: what a careless or older program would write. */
export function assembleLtxFile({ header, frames, postApplyChecksum = 0n, index }: RawLtxFile): Uint8Array {
  const indexBytes = index ?? encodePageIndex(indexOf(frames));
  const endOfPages = new Uint8Array(6);
  const postApply = toChecksum(postApplyChecksum);
  const unsealed = encodeLtxTrailer({ postApplyChecksum: postApply, fileChecksum: toChecksum(0n) });
  const hashed = [header, ...frames.map((frame) => frame.hashed), endOfPages, indexBytes, unsealed.subarray(0, 8)];
  const register = referenceKernels.crc64(0xffff_ffff_ffff_ffffn, Buffer.concat(hashed));
  const trailer = encodeLtxTrailer({ postApplyChecksum: postApply, fileChecksum: checksumOfRegister(register) });
  return Buffer.concat([header, ...frames.map((frame) => frame.bytes), endOfPages, indexBytes, trailer]);
}

/** A frame with an LZ4 block. */
export function blockFrame(pgno: number, page: Uint8Array): RawFrame {
  const target = new Uint8Array(page.length * 2);
  const block = target.subarray(0, referenceKernels.compressBlock(page, target));
  const head = Buffer.alloc(10);
  head.writeUInt32BE(pgno, 0);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(block.length, 6);
  return { pgno, bytes: Buffer.concat([head, block]), hashed: Buffer.concat([head, page]) };
}

/** A frame of the older kind around a whole LZ4 frame. */
export function lz4FrameFrame(pgno: number, page: Uint8Array, lz4Frame: Uint8Array): RawFrame {
  const head = Buffer.alloc(6);
  head.writeUInt32BE(pgno, 0);
  return { pgno, bytes: Buffer.concat([head, lz4Frame]), hashed: Buffer.concat([head, page]) };
}

function indexOf(frames: readonly RawFrame[]): PageIndex {
  const sizes = Uint32Array.from(frames, (frame) => frame.bytes.length);
  const offsets = new Float64Array(frames.length);
  let offset = ltxHeaderBytes;
  for (const [i, size] of sizes.entries()) {
    offsets[i] = offset;
    offset += size;
  }
  return { count: frames.length, pgnos: Uint32Array.from(frames, (frame) => frame.pgno), offsets, sizes };
}
