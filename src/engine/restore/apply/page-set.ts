import { lockPgno, storedPageCount } from '../../../format/database/lock-page.ts';

/** Which pages of a database are spoken for: a bit a page. */
export class PageSet {
  readonly #commit: number;
  readonly #lockPgno: number;
  readonly #bits: Uint8Array;
  #missingCount: number;

  constructor(commit: number, pageSizeBytes: number) {
    this.#commit = commit;
    this.#lockPgno = lockPgno(pageSizeBytes);
    this.#bits = new Uint8Array(Math.floor(commit / 8) + 1);
    this.#missingCount = storedPageCount(commit, pageSizeBytes);
  }

  get missingCount(): number {
    return this.#missingCount;
  }

  /** True for the first call with a page that belongs into the database. */
  claim(pgno: number): boolean {
    if (pgno > this.#commit || pgno === this.#lockPgno) return false;
    const bit = 1 << (pgno & 7);
    const at = Math.floor(pgno / 8);
    if ((this.#bits[at]! & bit) !== 0) return false;
    this.#bits[at]! |= bit;
    this.#missingCount--;
    return true;
  }

  firstMissing(): number | undefined {
    for (let pgno = 1; pgno <= this.#commit; pgno++) {
      const isThere = (this.#bits[Math.floor(pgno / 8)]! & (1 << (pgno & 7))) !== 0;
      if (!isThere && pgno !== this.#lockPgno) return pgno;
    }
    return undefined;
  }
}
