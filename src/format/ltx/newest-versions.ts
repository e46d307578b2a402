import { lockPgno } from '../database/lock-page.ts';
import { LtxError } from './ltx-error.ts';
import type { PageIndex } from './page-index.ts';

export interface NewestVersionsOptions {
  /** The size of the database after the newest file, in pages; pages beyond it are left out. */
  readonly commit: number;
  readonly pageSizeBytes: number;
}

/**
 * Walks over the page indexes of files given oldest to newest, in order of pages, and stops at the newest version of each.
 * Besides the indexes it takes a few bytes a file, however many pages there are.
 */
export class NewestVersions {
  readonly #indexes: readonly PageIndex[];
  readonly #commit: number;
  readonly #lockPgno: number;
  /** The entry of each file that comes next. */
  readonly #next: Uint32Array;
  /** Files with entries left: a binary heap by their next page, the newest file first. */
  readonly #heap: number[] = [];
  #pgno = 0;
  #file = 0;
  #entry = 0;

  constructor(indexes: readonly PageIndex[], { commit, pageSizeBytes }: NewestVersionsOptions) {
    this.#indexes = indexes;
    this.#commit = commit;
    this.#lockPgno = lockPgno(pageSizeBytes);
    this.#next = new Uint32Array(indexes.length);
    for (let file = indexes.length - 1; file >= 0; file--) if (indexes[file]!.count > 0) this.#heap.push(file);
    for (let at = this.#heap.length >> 1; at >= 0; at--) this.#siftDown(at);
  }

  /** Where the current version is: the position of its file among those given. */
  get file(): number {
    return this.#file;
  }

  /** And the entry of that file's index. */
  get entry(): number {
    return this.#entry;
  }

  /** Goes to the next page; false after the last one. Throws LtxError `page-order` for a lock page. */
  advance(): boolean {
    for (;;) {
      const file = this.#heap[0];
      if (file === undefined) return false;
      const entry = this.#next[file]!;
      const pgno = this.#indexes[file]!.pgnos[entry]!;
      if (pgno > this.#commit) return false;
      this.#next[file] = entry + 1;
      if (entry + 1 === this.#indexes[file]!.count) this.#removeFirst();
      else this.#siftDown(0);
      if (pgno === this.#pgno) continue;
      if (pgno === this.#lockPgno) {
        throw new LtxError('page-order', `Cannot merge page ${pgno}: it is the lock page`);
      }
      this.#pgno = pgno;
      this.#file = file;
      this.#entry = entry;
      return true;
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#siftDown(0);
  }

  #siftDown(start: number): void {
    const heap = this.#heap;
    for (let at = start; ; ) {
      let first = at;
      for (let child = 2 * at + 1; child <= 2 * at + 2 && child < heap.length; child++) {
        if (this.#isBefore(heap[child]!, heap[first]!)) first = child;
      }
      if (first === at) return;
      [heap[at], heap[first]] = [heap[first]!, heap[at]!];
      at = first;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.#indexes[a]!.pgnos[this.#next[a]!]! - this.#indexes[b]!.pgnos[this.#next[b]!]!;
    return difference < 0 || (difference === 0 && a > b);
  }
}
