import { crc32 } from 'node:zlib';

/** Entries of a page-checksum table that are held, read and checked together: 4 KiB. */
export const blockEntries = 512;
/** Entries that one call reads or writes where all of them are: 256 KiB, for which another thread waits. */
export const chunkEntries = 64 * blockEntries;

/**
 * CRC-32 of each block of some entries. The database checksum, an XOR, is blind to entries that change places, and to the same
 * bit in two of them.
 */
export function blockChecks(entries: BigUint64Array): Uint32Array {
  const checks = new Uint32Array(Math.ceil(entries.length / blockEntries));
  for (let i = 0; i < checks.length; i++) checks[i] = crc32(entries.subarray(i * blockEntries, (i + 1) * blockEntries));
  return checks;
}

/** One value for the checks of a whole table. */
export function tableCheck(checks: Uint32Array): number {
  return crc32(checks);
}

/** The XOR of some entries. By halves: a bigint for each entry of a large table would take most of a start. */
export function xorOf(entries: BigUint64Array): bigint {
  const halves = new Uint32Array(entries.buffer, entries.byteOffset, entries.length * 2);
  let [low, high] = [0, 0];
  for (let i = 0; i < halves.length; i += 2) {
    low ^= halves[i]!;
    high ^= halves[i + 1]!;
  }
  return new BigUint64Array(Uint32Array.of(low, high).buffer)[0]!;
}
