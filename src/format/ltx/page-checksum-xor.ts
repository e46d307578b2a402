import { type Checksum, emptyDatabaseChecksum, xorChecksum } from './checksum.ts';

/** The XOR of many page checksums, kept in two 32-bit halves: no bigint is made for a page. */
export class PageChecksumXor {
  readonly #sum = new BigUint64Array(1);
  readonly #halves = new Uint32Array(this.#sum.buffer);

  add(checksums: BigUint64Array, count: number): void {
    const halves = new Uint32Array(checksums.buffer, checksums.byteOffset, count * 2);
    let first = this.#halves[0]!;
    let second = this.#halves[1]!;
    for (let i = 0; i < halves.length; i += 2) {
      first ^= halves[i]!;
      second ^= halves[i + 1]!;
    }
    this.#halves[0] = first;
    this.#halves[1] = second;
  }

  /** The checksum of a database that has these pages and no others. */
  get checksum(): Checksum {
    return xorChecksum(emptyDatabaseChecksum, this.#sum[0]!);
  }
}
