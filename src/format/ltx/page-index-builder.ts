import { lockPgno } from '../database/lock-page.ts';
import { ltxHeaderBytes } from './header.ts';
import { LtxError } from './ltx-error.ts';
import { completePageIndex, mostEntryBytes, type PageIndex, writeIndexEntry } from './page-index.ts';

const usualRoom = 64;

/**
 * Collects the entries of a page index while a file is written or read, and refuses pages that cannot come next. They are
 * encoded as they come: at the end of a large file it would hold up everything else.
 */
export class PageIndexBuilder {
  readonly #lockPgno: number;
  #pgnos: Uint32Array<ArrayBuffer>;
  #sizes: Uint32Array<ArrayBuffer>;
  #entries: Uint8Array<ArrayBuffer>;
  #entriesBytes = 0;
  #count = 0;
  #frameBytes = 0;

  /** `expectedPages`: for how many there is room at first. */
  constructor(pageSizeBytes: number, expectedPages: number = usualRoom) {
    this.#lockPgno = lockPgno(pageSizeBytes);
    this.#pgnos = new Uint32Array(expectedPages);
    this.#sizes = new Uint32Array(expectedPages);
    this.#entries = new Uint8Array(expectedPages * mostEntryBytes);
  }

  get count(): number {
    return this.#count;
  }

  /** 0 as long as there is no page. */
  get lastPgno(): number {
    return this.#count === 0 ? 0 : this.#pgnos[this.#count - 1]!;
  }

  /** Where the next frame begins in the file, or the six zeros after the last one. */
  get endOffset(): number {
    return ltxHeaderBytes + this.#frameBytes;
  }

  /** Throws LtxError `page-order` unless these page numbers can follow the ones that are there. */
  checkNext(pgnos: Uint32Array, pageCount: number): void {
    let previous = this.lastPgno;
    for (let i = 0; i < pageCount; i++) {
      const pgno = pgnos[i]!;
      if (pgno <= previous) throw outOfOrder(pgno, `it comes after page ${previous}`);
      if (pgno === this.#lockPgno) throw outOfOrder(pgno, 'it is the lock page');
      previous = pgno;
    }
  }

  /** Adds frames whose page numbers `checkNext` let through. */
  add(pgnos: Uint32Array, frameSizes: Uint32Array, pageCount: number): void {
    this.#makeRoom(pageCount);
    this.#pgnos.set(pgnos.subarray(0, pageCount), this.#count);
    this.#sizes.set(frameSizes.subarray(0, pageCount), this.#count);
    this.#count += pageCount;
    for (let i = 0; i < pageCount; i++) {
      const size = frameSizes[i]!;
      this.#entriesBytes = writeIndexEntry(this.#entries, this.#entriesBytes, pgnos[i]!, this.endOffset, size);
      this.#frameBytes += size;
    }
  }

  toIndex(): PageIndex {
    const count = this.#count;
    const sizes = this.#sizes.slice(0, count);
    const offsets = new Float64Array(count);
    let offset = ltxHeaderBytes;
    for (let i = 0; i < count; i++) {
      offsets[i] = offset;
      offset += sizes[i]!;
    }
    return { count, pgnos: this.#pgnos.slice(0, count), offsets, sizes };
  }

  encode(): Uint8Array {
    return completePageIndex(this.#entries.subarray(0, this.#entriesBytes));
  }

  #makeRoom(pageCount: number): void {
    const neededBytes = this.#entriesBytes + pageCount * mostEntryBytes;
    if (neededBytes > this.#entries.length) {
      const larger = new Uint8Array(Math.max(neededBytes, this.#entries.length * 2));
      larger.set(this.#entries);
      this.#entries = larger;
    }
    const needed = this.#count + pageCount;
    if (needed <= this.#pgnos.length) return;
    const room = Math.max(needed, this.#pgnos.length * 2);
    this.#pgnos = grown(this.#pgnos, room);
    this.#sizes = grown(this.#sizes, room);
  }
}

function grown(array: Uint32Array<ArrayBuffer>, room: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(room);
  larger.set(array);
  return larger;
}

function outOfOrder(pgno: number, state: string): LtxError {
  return new LtxError('page-order', `Cannot place page ${pgno} in an LTX file: ${state}`, { data: { pgno } });
}
