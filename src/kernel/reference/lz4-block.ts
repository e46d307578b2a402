import { KernelError } from '../kernel-error.ts';
import { compressedLimit, requireBlock } from '../limits.ts';

const minMatch = 4;
/** The format's end rules: the last 5 bytes are literals, and a match begins at least 12 bytes before the end. */
const lastLiterals = 5;
const matchStartLimit = 12;

/** Compresses `source` into one LZ4 block; 0 when `target` is too small for it. */
export function compressBlock(source: Uint8Array, target: Uint8Array): number {
  requireBlock(source.length);
  const block = new Uint8Array(compressedLimit(source.length));
  const table = new Uint16Array(4096);
  const words = new DataView(source.buffer, source.byteOffset, source.byteLength);
  let anchor = 0;
  let to = 0;
  for (let at = 1; at <= source.length - matchStartLimit; ) {
    const word = words.getUint32(at, true);
    const slot = Math.imul(word, 0x9e37_79b1) >>> 20;
    const candidate = table[slot]!;
    table[slot] = at;
    if (words.getUint32(candidate, true) !== word || candidate >= at) {
      at++;
      continue;
    }
    let length = minMatch;
    while (at + length < source.length - lastLiterals && source[at + length] === source[candidate + length]) length++;
    to = putLiterals(block, to, source.subarray(anchor, at), length - minMatch);
    block[to++] = (at - candidate) & 0xff;
    block[to++] = (at - candidate) >>> 8;
    to = putLength(block, to, length - minMatch);
    at += length;
    anchor = at;
  }
  to = putLiterals(block, to, source.subarray(anchor), 0);
  if (to > target.length) return 0;
  target.set(block.subarray(0, to));
  return to;
}

function putLiterals(block: Uint8Array, to: number, literals: Uint8Array, matchCode: number): number {
  block[to] = (Math.min(literals.length, 15) << 4) | Math.min(matchCode, 15);
  const start = putLength(block, to + 1, literals.length);
  block.set(literals, start);
  return start + literals.length;
}

function putLength(block: Uint8Array, to: number, length: number): number {
  if (length < 15) return to;
  let at = to;
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) block[at++] = 255;
  block[at++] = rest;
  return at;
}

/** Decompresses one LZ4 block; returns the bytes written to `target`. */
export function decompressBlock(source: Uint8Array, target: Uint8Array): number {
  requireBlock(target.length);
  if (source.length > compressedLimit(target.length)) throw invalidBlock('is longer than its content can be');
  let from = 0;
  let to = 0;
  const readLength = (code: number): number => {
    let length = code;
    for (let byte = code === 15 ? 255 : 0; byte === 255; length += byte) {
      if (from >= source.length) throw invalidBlock('ends in a length');
      byte = source[from++]!;
    }
    return length;
  };
  for (;;) {
    if (from >= source.length) throw invalidBlock('ends without a run of literals');
    const token = source[from++]!;
    const literals = readLength(token >>> 4);
    if (literals > source.length - from) throw invalidBlock('ends in its literals');
    if (literals > target.length - to) throw invalidBlock('gives more bytes than there is room for');
    target.set(source.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === source.length) return to;
    if (source.length - from < 2) throw invalidBlock('ends in an offset');
    const offset = source[from]! | (source[from + 1]! << 8);
    from += 2;
    if (offset === 0 || offset > to) throw invalidBlock('has an offset to before its start');
    const length = readLength(token & 15) + minMatch;
    if (length > target.length - to) throw invalidBlock('gives more bytes than there is room for');
    for (const end = to + length; to < end; to++) target[to] = target[to - offset]!;
  }
}

function invalidBlock(state: string): KernelError {
  return new KernelError('block-invalid', `Cannot decompress an LZ4 block: it ${state}`);
}
