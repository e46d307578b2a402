import type { Kernels } from '../../kernel/kernels.ts';
import { LtxError } from './ltx-error.ts';

const magic = 0x184d2204;
const versionMask = 0xc0;
const version = 0x40;
const blockChecksumFlag = 0x10;
const contentSizeFlag = 0x08;
const contentChecksumFlag = 0x04;
const dictionaryFlag = 0x01;
const reservedFlag = 0x02;
const storedFlag = 0x8000_0000;

/** The parts of an LZ4 frame that decide where its blocks and its end are. */
interface Descriptor {
  readonly headerBytes: number;
  readonly blockChecksumBytes: number;
  readonly contentChecksumBytes: number;
}

/**
 * The size of the LZ4 frame at the start of `bytes`, or undefined when more bytes are needed to tell. Throws LtxError
 * when these bytes do not begin a frame of at most `limitBytes`.
 */
export function lz4FrameSize(bytes: Uint8Array, limitBytes: number): number | undefined {
  const descriptor = readDescriptor(bytes);
  if (descriptor === undefined) return undefined;
  const view = viewOf(bytes);
  let at = descriptor.headerBytes;
  for (;;) {
    if (at > limitBytes) throw invalid(`more than ${limitBytes} bytes`);
    if (at + 4 > bytes.length) return undefined;
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) break;
    at += (size & ~storedFlag) + descriptor.blockChecksumBytes;
  }
  const end = at + descriptor.contentChecksumBytes;
  if (end > limitBytes) throw invalid(`more than ${limitBytes} bytes`);
  return end <= bytes.length ? end : undefined;
}

/**
 * Decodes one whole LZ4 frame that must fill `target`. Its own checksums are not looked at: the file checksum covers
 * the content. Blocks must be independent of each other, as every writer of LTX files makes them.
 */
export function decodeLz4Frame(
  bytes: Uint8Array,
  target: Uint8Array,
  { kernels }: { readonly kernels: Kernels },
): void {
  const descriptor = readDescriptor(bytes);
  if (descriptor === undefined) throw invalid('cut short');
  const view = viewOf(bytes);
  let at = descriptor.headerBytes;
  let filled = 0;
  for (;;) {
    if (at + 4 > bytes.length) throw invalid('cut short');
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) break;
    const size = (word & ~storedFlag) >>> 0;
    if (size > bytes.length - at) throw invalid('cut short');
    const block = bytes.subarray(at, at + size);
    const room = target.subarray(filled);
    if ((word & storedFlag) === 0) {
      filled += kernels.decompressBlock(block, room);
    } else {
      if (size > room.length) throw invalid('more than a page');
      room.set(block);
      filled += size;
    }
    at += size + descriptor.blockChecksumBytes;
  }
  if (filled !== target.length) throw invalid(`${filled} of ${target.length} bytes of a page`);
  if (at + descriptor.contentChecksumBytes !== bytes.length) throw invalid('bytes after its end');
}

function readDescriptor(bytes: Uint8Array): Descriptor | undefined {
  if (bytes.length < 6) return undefined;
  if (viewOf(bytes).getUint32(0, true) !== magic) throw invalid('no magic number');
  const flags = bytes[4]!;
  if ((flags & versionMask) !== version || (flags & (dictionaryFlag | reservedFlag)) !== 0) {
    throw invalid(`unknown flags 0x${flags.toString(16)}`);
  }
  return {
    headerBytes: 7 + ((flags & contentSizeFlag) === 0 ? 0 : 8),
    blockChecksumBytes: (flags & blockChecksumFlag) === 0 ? 0 : 4,
    contentChecksumBytes: (flags & contentChecksumFlag) === 0 ? 0 : 4,
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function invalid(state: string): LtxError {
  return new LtxError('frame-invalid', `Cannot read LZ4 frame: ${state}`);
}
