import { endianness } from 'node:os';
import { walOffsetAfter } from '../../format/wal/frame-header.ts';
import type { PageRun } from '../../kernel/kernels.ts';
import { walFrameHeaderBytes } from '../../kernel/limits.ts';
import type { LiveDatabase } from '../../sqlite/live-database.ts';
import type { PageSource } from '../page-source.ts';

const growth = 4096;
/** Which half of a 64-bit word is the more significant one on this machine. */
const highWord = endianness() === 'LE' ? 1 : 0;

/**
 * Which frame holds the newest version of each page, for spans of the WAL too long to keep in memory. The pages stay in the
 * WAL and are read from there, under the mark that protects them: 8 bytes a frame.
 */
export class WalPages {
  readonly #live: LiveDatabase;
  #pgnos = new Uint32Array(growth);
  #frames = new Uint32Array(growth);
  #count = 0;
  /** Sizes the database shrank to, and after which frame. */
  readonly #shrinks: { frame: number; commit: number }[] = [];
  #commit = 0;
  #lowestCommit = Number.POSITIVE_INFINITY;
  #highestPgno = 0;

  constructor(live: LiveDatabase) {
    this.#live = live;
  }

  get commit(): number {
    return this.#commit;
  }

  get lowestCommit(): number {
    return this.#lowestCommit;
  }

  add(frame: number, pgno: number, commit: number): void {
    if (this.#count === this.#pgnos.length) this.#grow();
    this.#pgnos[this.#count] = pgno;
    this.#frames[this.#count] = frame;
    this.#count++;
    this.#highestPgno = Math.max(this.#highestPgno, pgno);
    if (commit === 0) return;
    if (commit < this.#highestPgno) this.#shrinks.push({ frame, commit });
    this.#highestPgno = Math.min(this.#highestPgno, commit);
    this.#commit = commit;
    this.#lowestCommit = Math.min(this.#lowestCommit, commit);
  }

  /** The newest version of each page that is part of the database at the end, ascending. */
  newest(): NewestFrames {
    const keys = new BigUint64Array(this.#count);
    const words = new Uint32Array(keys.buffer);
    for (let i = 0; i < this.#count; i++) {
      words[2 * i + highWord] = this.#pgnos[i]!;
      words[2 * i + 1 - highWord] = this.#frames[i]!;
    }
    keys.sort();
    const pgnos = new Uint32Array(this.#count);
    const frames = new Uint32Array(this.#count);
    let count = 0;
    for (let i = 0; i < keys.length; i++) {
      const pgno = words[2 * i + highWord]!;
      if (words[2 * (i + 1) + highWord] === pgno) continue;
      const frame = words[2 * i + 1 - highWord]!;
      if (pgno > this.#commit || this.#shrinks.some((shrink) => shrink.commit < pgno && shrink.frame >= frame))
        continue;
      pgnos[count] = pgno;
      frames[count] = frame;
      count++;
    }
    return new NewestFrames(this.#live, pgnos.slice(0, count), frames.slice(0, count));
  }

  #grow(): void {
    const larger = [new Uint32Array(this.#count * 2), new Uint32Array(this.#count * 2)] as const;
    larger[0].set(this.#pgnos);
    larger[1].set(this.#frames);
    [this.#pgnos, this.#frames] = larger;
  }
}

/** Pages and the frames that hold them, ascending by page number. */
export class NewestFrames {
  readonly #live: LiveDatabase;
  readonly pgnos: Uint32Array;
  readonly #frames: Uint32Array;

  constructor(live: LiveDatabase, pgnos: Uint32Array, frames: Uint32Array) {
    this.#live = live;
    this.pgnos = pgnos;
    this.#frames = frames;
  }

  has(pgno: number): boolean {
    let low = 0;
    for (let high = this.pgnos.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if (this.pgnos[middle]! < pgno) low = middle + 1;
      else high = middle;
    }
    return this.pgnos[low] === pgno;
  }

  /** Reads the page of entry `i` from the WAL into `target`. */
  readPage(i: number, target: Uint8Array): void {
    const offset = walOffsetAfter(this.#frames[i]! - 1, this.#live.pageSizeBytes) + walFrameHeaderBytes;
    const readBytes = this.#live.readWal(target, offset);
    if (readBytes < target.byteLength)
      throw new RangeError(`Cannot read frame ${this.#frames[i]}: the WAL ends before it`);
  }

  /** Page 1, which every transaction that changes the size brings. */
  firstPage(): Uint8Array | undefined {
    if (this.pgnos[0] !== 1) return undefined;
    const page = new Uint8Array(this.#live.pageSizeBytes);
    this.readPage(0, page);
    return page;
  }

  source(): PageSource {
    let next = 0;
    return {
      fill: (run: PageRun) => {
        const count = Math.min(run.capacity, this.pgnos.length - next);
        for (let i = 0; i < count; i++) {
          run.pgnos[i] = this.pgnos[next + i]!;
          this.readPage(next + i, run.pages.subarray(i * run.pageSize, (i + 1) * run.pageSize));
        }
        next += count;
        return count;
      },
    };
  }
}
