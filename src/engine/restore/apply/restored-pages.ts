import type { Checksum } from '../../../format/ltx/checksum.ts';
import type { LtxHeader } from '../../../format/ltx/header.ts';
import { PageChecksumXor } from '../../../format/ltx/page-checksum-xor.ts';
import type { PageRun } from '../../../kernel/kernels.ts';
import { BackgroundWriter, type WriteTarget } from '../../../runtime/background-writer.ts';
import { PageSet } from './page-set.ts';

/** Takes the checksum of each page that was written, in any order. The lock page has none. */
export interface PageChecksumSink {
  set(pgno: number, checksum: bigint): void;
}

/** The database as it comes together: pages are claimed newest file first, so each is written once. */
export class RestoredPages {
  readonly #claimed: PageSet;
  readonly #writer: BackgroundWriter;
  readonly #xor = new PageChecksumXor();
  readonly #sink: PageChecksumSink | undefined;

  /** `newest` is the header of the file that the database ends with. */
  constructor(newest: LtxHeader, target: WriteTarget, sink: PageChecksumSink | undefined) {
    this.#claimed = new PageSet(newest.commit, newest.pageSizeBytes);
    this.#writer = new BackgroundWriter(target, newest.commit * newest.pageSizeBytes);
    this.#sink = sink;
  }

  /** The XOR of the pages kept so far. */
  get checksum(): Checksum {
    return this.#xor.checksum;
  }

  get missing(): { readonly count: number; readonly first: number | undefined } {
    return { count: this.#claimed.missingCount, first: this.#claimed.firstMissing() };
  }

  claim(pgno: number): boolean {
    return this.#claimed.claim(pgno);
  }

  /** Writes the pages `from` to `to` (excluded) of a run, all claimed. The run may be used again afterwards. */
  async keep(run: PageRun, from: number, to: number): Promise<void> {
    const { pgnos, checksums, pageSize } = run;
    this.#xor.add(checksums.subarray(from, to), to - from);
    if (this.#sink !== undefined) for (let i = from; i < to; i++) this.#sink.set(pgnos[i]!, checksums[i]!);
    for (let start = from; start < to; ) {
      let end = start + 1;
      while (end < to && pgnos[end] === pgnos[end - 1]! + 1) end++;
      const pages = run.pages.subarray(start * pageSize, end * pageSize);
      await this.#writer.write(pages, (pgnos[start]! - 1) * pageSize);
      start = end;
    }
  }

  async finish(): Promise<void> {
    await this.#writer.finish();
  }

  /** After this nothing writes to the target any more. */
  async abandon(): Promise<void> {
    await this.#writer.settled();
  }
}
