import { KernelError } from '../../kernel/kernel-error.ts';
import type { DecodedRun, Kernels, PageRun } from '../../kernel/kernels.ts';
import { compressedLimit, pageFrameHeaderBytes } from '../../kernel/limits.ts';
import { LtxError } from './ltx-error.ts';
import { decodeLz4Frame, lz4FrameSize } from './lz4-frame.ts';

/** The page header of frames of both kinds; a u32 size follows it when flag bit 0 is set. */
export const pageHeaderBytes = 6;
const sizeFollows = 1;
/** What an LZ4 frame adds to one incompressible page: descriptor, block sizes and checksums. */
const lz4FrameExtraBytes = 64;

/** No page frame of either kind is larger. */
export function maxPageFrameBytes(pageSizeBytes: number): number {
  const withBlock = pageFrameHeaderBytes + compressedLimit(pageSizeBytes);
  return Math.max(withBlock, pageHeaderBytes + pageSizeBytes + lz4FrameExtraBytes);
}

export type PageFrameKind = 'block' | 'lz4-frame';

export interface PageFrame {
  readonly kind: PageFrameKind;
  /** Of the whole page frame. */
  readonly sizeBytes: number;
}

/**
 * Looks at the page frame at the start of `bytes`: its size, or undefined when more bytes are needed to tell or it is
 * not all there. Throws LtxError `frame-invalid` before anyone waits for more than a page can take.
 */
export function scanPageFrame(bytes: Uint8Array, pageSizeBytes: number): PageFrame | undefined {
  if (bytes.length < pageHeaderBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0) === 0) throw invalid('its page number is 0');
  const flags = view.getUint16(4);
  if ((flags & ~sizeFollows) !== 0) throw invalid(`unknown flags 0x${flags.toString(16)}`);
  if (flags === 0) {
    const size = lz4FrameSize(bytes.subarray(pageHeaderBytes), pageSizeBytes + lz4FrameExtraBytes);
    return size === undefined ? undefined : { kind: 'lz4-frame', sizeBytes: pageHeaderBytes + size };
  }
  if (bytes.length < pageFrameHeaderBytes) return undefined;
  const blockBytes = view.getUint32(pageHeaderBytes);
  if (blockBytes > compressedLimit(pageSizeBytes)) throw invalid(`its block says ${blockBytes} bytes`);
  const sizeBytes = pageFrameHeaderBytes + blockBytes;
  return sizeBytes <= bytes.length ? { kind: 'block', sizeBytes } : undefined;
}

/**
 * Decodes the whole page frames of either kind in the first `frameBytes` of `run.frames`, as `PageRun.decode` does for
 * frames with an LZ4 block. Throws LtxError.
 */
export function decodePageFrames(
  run: PageRun,
  frameBytes: number,
  register: bigint,
  { kernels }: { readonly kernels: Kernels },
): DecodedRun {
  try {
    return holdsLz4Frame(run, frameBytes)
      ? decodeOneByOne(run, frameBytes, register, kernels)
      : run.decode(frameBytes, register);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw new LtxError('frame-invalid', `Cannot decode page frames: ${error.message}`, { cause: error });
  }
}

function holdsLz4Frame(run: PageRun, frameBytes: number): boolean {
  for (let at = 0; at < frameBytes; ) {
    const frame = scanPageFrame(run.frames.subarray(at, frameBytes), run.pageSize);
    if (frame === undefined) throw invalid('it is cut short');
    if (frame.kind === 'lz4-frame') return true;
    at += frame.sizeBytes;
  }
  return false;
}

/** The way for older files, page by page. Their frames have no size field, so the register takes none. */
function decodeOneByOne(run: PageRun, frameBytes: number, register: bigint, kernels: Kernels): DecodedRun {
  const { frames, pages, pageSize } = run;
  const view = new DataView(frames.buffer, frames.byteOffset, frames.length);
  let running = register;
  let pageCount = 0;
  let hashedBytes = 0;
  for (let at = 0; at < frameBytes; pageCount++) {
    if (pageCount === run.capacity) throw invalid(`there are more than ${run.capacity}`);
    const frame = scanPageFrame(frames.subarray(at, frameBytes), pageSize);
    if (frame === undefined) throw invalid('it is cut short');
    const headerBytes = frame.kind === 'block' ? pageFrameHeaderBytes : pageHeaderBytes;
    const content = frames.subarray(at + headerBytes, at + frame.sizeBytes);
    const page = pages.subarray(pageCount * pageSize, (pageCount + 1) * pageSize);
    if (frame.kind === 'lz4-frame') decodeLz4Frame(content, page, { kernels });
    else if (kernels.decompressBlock(content, page) !== pageSize) throw invalid('its block does not give one page');
    run.pgnos[pageCount] = view.getUint32(at);
    run.frameSizes[pageCount] = frame.sizeBytes;
    running = kernels.crc64(kernels.crc64(running, frames.subarray(at, at + headerBytes)), page);
    hashedBytes += headerBytes + pageSize;
    at += frame.sizeBytes;
  }
  run.checksum(pageCount);
  return { pageCount, register: running, hashedBytes };
}

function invalid(state: string): LtxError {
  return new LtxError('frame-invalid', `Cannot decode page frame: ${state}`);
}
