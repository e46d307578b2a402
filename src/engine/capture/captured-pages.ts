import type { PageRun } from '../../kernel/kernels.ts';
import type { PageSource } from '../page-source.ts';
import { type PageSlabs, slabBytes } from './page-slabs.ts';

/**
 * The newest version of each page copied out of the WAL and not yet in a durable file. A page that comes again takes the
 * place of its older version, so memory follows the pages, not the frames.
 */
export class CapturedPages {
  readonly #pageSizeBytes: number;
  readonly #pagesPerSlab: number;
  readonly #memory: PageSlabs;
  readonly #slots = new Map<number, number>();
  #slabs: Uint8Array[] = [];
  #freeSlots: number[] = [];
  #nextSlot = 0;
  #lowestCommit = Number.POSITIVE_INFINITY;
  #commit = 0;
  #highestPgno = 0;

  constructor(pageSizeBytes: number, memory: PageSlabs) {
    this.#pageSizeBytes = pageSizeBytes;
    this.#pagesPerSlab = slabBytes / pageSizeBytes;
    this.#memory = memory;
  }

  get pageCount(): number {
    return this.#slots.size;
  }

  get sizeBytes(): number {
    return this.#slots.size * this.#pageSizeBytes;
  }

  /** The database size after the last commit copied, in pages; 0 before the first. */
  get commit(): number {
    return this.#commit;
  }

  /** The smallest database size any commit among the copied had: growth since then needs a frame for every page. */
  get lowestCommit(): number {
    return this.#lowestCommit;
  }

  has(pgno: number): boolean {
    return this.#slots.has(pgno);
  }

  /** Page 1, which every transaction that changes the size brings. */
  firstPage(): Uint8Array | undefined {
    const slot = this.#slots.get(1);
    return slot === undefined ? undefined : this.#view(slot);
  }

  /** Keeps a copy of one page. */
  set(pgno: number, page: Uint8Array): void {
    let slot = this.#slots.get(pgno);
    this.#highestPgno = Math.max(this.#highestPgno, pgno);
    if (slot === undefined) {
      slot = this.#freeSlots.pop() ?? this.#nextSlot++;
      this.#slots.set(pgno, slot);
    }
    this.#view(slot).set(page);
  }

  /** Ends a transaction after which the database has `commit` pages: pages beyond are gone, also if they come back later. */
  endTransaction(commit: number): void {
    this.#commit = commit;
    this.#lowestCommit = Math.min(this.#lowestCommit, commit);
    if (commit >= this.#highestPgno) return;
    this.#highestPgno = commit;
    for (const [pgno, slot] of this.#slots) {
      if (pgno <= commit) continue;
      this.#slots.delete(pgno);
      this.#freeSlots.push(slot);
    }
  }

  /** The pages as they are now; they must not change before the source has been read to its end. */
  source(): PageSource {
    const pgnos = Uint32Array.from(this.#slots.keys()).sort();
    let next = 0;
    return {
      pageCount: pgnos.length,
      fill: (run: PageRun) => {
        const count = Math.min(run.capacity, pgnos.length - next);
        for (let i = 0; i < count; i++) {
          const pgno = pgnos[next + i]!;
          run.pgnos[i] = pgno;
          run.pages.set(this.#view(this.#slots.get(pgno)!), i * this.#pageSizeBytes);
        }
        next += count;
        return count;
      },
    };
  }

  /** Gives the memory back that is kept for what comes next. */
  release(): void {
    if (this.#slots.size > 0) return;
    this.#memory.giveBack(this.#slabs);
    this.#slabs = [];
  }

  /** Forgets everything. The memory is kept: a busy database needs as much again soon. */
  clear(): void {
    this.#slots.clear();
    this.#freeSlots = [];
    this.#nextSlot = 0;
    this.#lowestCommit = Number.POSITIVE_INFINITY;
    this.#commit = 0;
    this.#highestPgno = 0;
  }

  #view(slot: number): Uint8Array {
    const slabIndex = Math.floor(slot / this.#pagesPerSlab);
    const slab = this.#slabs[slabIndex] ?? this.#memory.take();
    this.#slabs[slabIndex] = slab;
    const offset = (slot % this.#pagesPerSlab) * this.#pageSizeBytes;
    return slab.subarray(offset, offset + this.#pageSizeBytes);
  }
}
