import { KernelError } from '../kernel-error.ts';
import type { DecodedRun, EncodedRun, PageRun } from '../kernels.ts';
import {
  compressedLimit,
  hashedBytesOf,
  pageFrameHeaderBytes,
  requireCapacity,
  requireFrameBytes,
  requirePageCount,
} from '../limits.ts';
import { layoutRun, wasmPageBytes } from '../run-layout.ts';
import type { ReferenceRunShare } from '../run-share.ts';
import { crc64 } from './crc64.ts';
import { compressBlock, decompressBlock } from './lz4-block.ts';

const allOnes = 0xffff_ffff_ffff_ffffn;
const checksumFlag = 1n << 63n;
const sizeFollows = 1;

/** A page run in plain TypeScript, one page after the other. */
export class ReferencePageRun implements PageRun {
  readonly pageSize: number;
  readonly capacity: number;
  readonly pages: Uint8Array;
  readonly pgnos: Uint32Array;
  readonly checksums: BigUint64Array;
  readonly frames: Uint8Array;
  readonly frameSizes: Uint32Array;
  readonly share: ReferenceRunShare;
  readonly #frameWords: DataView;

  static open(pageSize: number, capacity: number): ReferencePageRun {
    requireCapacity(pageSize, capacity);
    const { memoryPageCount } = layoutRun(pageSize, capacity);
    const memory = new SharedArrayBuffer(memoryPageCount * wasmPageBytes);
    return new ReferencePageRun({ kind: 'reference', memory, pageSize, capacity });
  }

  constructor(share: ReferenceRunShare) {
    const { pageSize, capacity, memory } = share;
    const layout = layoutRun(pageSize, capacity);
    this.share = share;
    this.pageSize = pageSize;
    this.capacity = capacity;
    this.pages = new Uint8Array(memory, layout.pages, capacity * pageSize);
    this.pgnos = new Uint32Array(memory, layout.pgnos, capacity);
    this.checksums = new BigUint64Array(memory, layout.checksums, capacity);
    this.frames = new Uint8Array(memory, layout.frames, layout.framesBytes);
    this.frameSizes = new Uint32Array(memory, layout.frameSizes, capacity);
    this.#frameWords = new DataView(memory, layout.frames, layout.framesBytes);
  }

  checksum(pageCount: number): void {
    requirePageCount(pageCount, this.capacity);
    for (let index = 0; index < pageCount; index++) this.checksums[index] = this.#pageChecksum(index);
  }

  encode(pageCount: number, register: bigint): EncodedRun {
    requirePageCount(pageCount, this.capacity);
    let running = register;
    let to = 0;
    for (let index = 0; index < pageCount; index++) {
      const start = to + pageFrameHeaderBytes;
      const blockBytes = compressBlock(this.#page(index), this.frames.subarray(start));
      this.#frameWords.setUint32(to, this.pgnos[index]!);
      this.#frameWords.setUint16(to + 4, sizeFollows);
      this.#frameWords.setUint32(to + 6, blockBytes);
      running = crc64(crc64(running, this.frames.subarray(to, start)), this.#page(index));
      this.checksums[index] = this.#pageChecksum(index);
      this.frameSizes[index] = pageFrameHeaderBytes + blockBytes;
      to = start + blockBytes;
    }
    return { frameBytes: to, register: running };
  }

  decode(frameBytes: number, register: bigint): DecodedRun {
    requireFrameBytes(frameBytes, this.frames.length);
    let running = register;
    let index = 0;
    for (let from = 0; from < frameBytes; index++) {
      if (index === this.capacity) {
        throw new KernelError('run-too-long', `Cannot decode page frames: there are more than ${this.capacity}`);
      }
      from += this.#decodeFrame(index, this.frames.subarray(from, frameBytes));
      const header = this.frames.subarray(from - this.frameSizes[index]!).subarray(0, pageFrameHeaderBytes);
      running = crc64(crc64(running, header), this.#page(index));
      this.checksums[index] = this.#pageChecksum(index);
    }
    return { pageCount: index, register: running, hashedBytes: hashedBytesOf(index, this.pageSize) };
  }

  #decodeFrame(index: number, bytes: Uint8Array): number {
    const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < pageFrameHeaderBytes) throw invalidFrame(index, 'its header is cut short');
    const pgno = header.getUint32(0);
    if (pgno === 0) throw invalidFrame(index, 'its page number is 0');
    if (header.getUint16(4) !== sizeFollows) throw invalidFrame(index, 'its flags are unknown');
    const blockBytes = header.getUint32(6);
    if (blockBytes > compressedLimit(this.pageSize)) throw invalidBlock(index);
    if (blockBytes > bytes.length - pageFrameHeaderBytes) throw invalidFrame(index, 'its block is cut short');
    const frameSize = pageFrameHeaderBytes + blockBytes;
    let size: number;
    try {
      size = decompressBlock(bytes.subarray(pageFrameHeaderBytes, frameSize), this.#page(index));
    } catch (error) {
      throw invalidBlock(index, error);
    }
    if (size !== this.pageSize) throw invalidBlock(index);
    this.pgnos[index] = pgno;
    this.frameSizes[index] = frameSize;
    return frameSize;
  }

  #page(index: number): Uint8Array {
    return this.pages.subarray(index * this.pageSize, (index + 1) * this.pageSize);
  }

  #pageChecksum(index: number): bigint {
    const pgno = new Uint8Array(4);
    new DataView(pgno.buffer).setUint32(0, this.pgnos[index]!);
    return (crc64(crc64(allOnes, pgno), this.#page(index)) ^ allOnes) | checksumFlag;
  }
}

function invalidFrame(index: number, state: string): KernelError {
  return new KernelError('frame-invalid', `Cannot decode page frame ${index}: ${state}`);
}

function invalidBlock(index: number, cause?: unknown): KernelError {
  return new KernelError('block-invalid', `Cannot decode page frame ${index}: its block does not give one page`, {
    cause,
  });
}
