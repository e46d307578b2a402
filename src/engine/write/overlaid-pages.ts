import type { PageRun } from '../../kernel/kernels.ts';
import type { PageSource } from '../page-source.ts';

/** Reads one source page by page. */
class Cursor {
  readonly #source: PageSource;
  readonly #run: PageRun;
  #count = 0;
  #at = 0;

  constructor(source: PageSource, run: PageRun) {
    this.#source = source;
    this.#run = run;
  }

  /** The page number the cursor stands at; undefined at the end. */
  async pgno(): Promise<number | undefined> {
    if (this.#at === this.#count) {
      this.#count = await this.#source.fill(this.#run);
      this.#at = 0;
    }
    return this.#at < this.#count ? this.#run.pgnos[this.#at]! : undefined;
  }

  /** Copies the page to entry `i` of `target` and moves on. */
  take(target: PageRun, i: number): void {
    const { pageSize } = this.#run;
    target.pgnos[i] = this.#run.pgnos[this.#at]!;
    target.pages.set(this.#run.pages.subarray(this.#at * pageSize, (this.#at + 1) * pageSize), i * pageSize);
    this.#at++;
  }

  skip(): void {
    this.#at++;
  }
}

/** Pages of `newer`, and of `older` where `newer` has none, up to page `commit`. The two workspaces are used up to the end. */
export function overlaidPages(
  older: PageSource,
  newer: PageSource,
  commit: number,
  [olderRun, newerRun]: readonly [PageRun, PageRun],
): PageSource {
  const [old, young] = [new Cursor(older, olderRun), new Cursor(newer, newerRun)];
  return {
    async fill(run) {
      let count = 0;
      while (count < run.capacity) {
        const [oldPgno, youngPgno] = [await old.pgno(), await young.pgno()];
        if (oldPgno === undefined && youngPgno === undefined) break;
        if (youngPgno !== undefined && (oldPgno === undefined || youngPgno <= oldPgno)) {
          if (oldPgno === youngPgno) old.skip();
          young.take(run, count++);
        } else if (oldPgno! > commit) old.skip();
        else old.take(run, count++);
      }
      return count;
    },
  };
}
