import { crc32 } from 'node:zlib';

/** Entries of a page-checksum table that are held, read and checked together: 4 KiB. */
export const blockEntries = 512;
/** Entries that one call reads or writes where all of them are: 256 KiB, for which another thread waits. */
export const chunkEntries = 64 * blockEntries;

/** How many blocks a table has. The last one counts as full, with zeros at its end. */
export function blockCountOf(pageCount: number): number {
  return Math.ceil(pageCount / blockEntries);
}

/** Room for a chunk, or for all blocks of a smaller table. */
export function newChunk(pageCount: number): BigUint64Array {
  return new BigUint64Array(Math.min(chunkEntries, blockCountOf(pageCount) * blockEntries));
}

/**
 * CRC-32 of a block. The database checksum, an XOR, is blind to entries that change places, and to the same bit in two of
 * them.
 */
export function blockCheck(block: BigUint64Array): number {
  return crc32(block);
}

/** One value for the checks of all blocks. */
export function tableCheck(checks: Uint32Array): number {
  return crc32(checks);
}

/** The XOR of some entries. By halves, four at a time: a bigint for each entry of a large table would take most of a start. */
export function xorOf(entries: BigUint64Array): bigint {
  const halves = new Int32Array(entries.buffer, entries.byteOffset, entries.length * 2);
  let [low, high, i] = [0, 0, 0];
  for (; i + 8 <= halves.length; i += 8) {
    low ^= halves[i]! ^ halves[i + 2]! ^ halves[i + 4]! ^ halves[i + 6]!;
    high ^= halves[i + 1]! ^ halves[i + 3]! ^ halves[i + 5]! ^ halves[i + 7]!;
  }
  for (; i < halves.length; i += 2) {
    low ^= halves[i]!;
    high ^= halves[i + 1]!;
  }
  return new BigUint64Array(Int32Array.of(low, high).buffer)[0]!;
}
