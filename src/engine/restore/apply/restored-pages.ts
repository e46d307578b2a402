import type { Checksum } from '../../../format/ltx/checksum.ts';
import type { LtxHeader } from '../../../format/ltx/header.ts';
import { PageChecksumXor } from '../../../format/ltx/page-checksum-xor.ts';
import type { PageRun } from '../../../kernel/kernels.ts';
import { BackgroundWriter, type WriteTarget } from '../../../runtime/background-writer.ts';
import { Mutex } from '../../../runtime/mutex.ts';
import { PageSet } from './page-set.ts';

/** Takes the checksum of each page that was written, in any order. The lock page has none. */
export interface PageChecksumSink {
  set(pgno: number, checksum: bigint): void;
}

/** The pages `from` to `to` (excluded) of a run. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Fewer pages than this in a row wait until their neighbours are written, to be part of the same large write. */
const shortPages = 16;
const waitingLimitBytes = 16 << 20;

/** The database as it comes together: pages are claimed newest file first, so each is written once. */
export class RestoredPages {
  readonly #claimed: PageSet;
  readonly #writer: BackgroundWriter;
  readonly #xor = new PageChecksumXor();
  readonly #sink: PageChecksumSink | undefined;
  /** Pages of small files, until the page before them is written. */
  readonly #waiting = new Map<number, Uint8Array>();
  #waitingBytes = 0;
  /** Of several runs at a time each is written as a whole, so that what follows each other is one write. */
  readonly #inTurn = new Mutex();

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

  /** Writes pages of a run, all claimed. The run may be used again afterwards. */
  async keep(run: PageRun, stretches: readonly Stretch[]): Promise<void> {
    const { pgnos, checksums } = run;
    for (const { from, to } of stretches) {
      this.#xor.add(checksums.subarray(from, to), to - from);
      if (this.#sink !== undefined) for (let i = from; i < to; i++) this.#sink.set(pgnos[i]!, checksums[i]!);
    }
    await this.#inTurn.run(() => this.#write(run, stretches));
  }

  async #write({ pgnos, pages: all, pageSize }: PageRun, stretches: readonly Stretch[]): Promise<void> {
    let written = 0;
    for (const { from, to } of rowsOf(pgnos, stretches)) {
      const pages = all.subarray(from * pageSize, to * pageSize);
      const first = pgnos[from]!;
      if (to - from < shortPages && first !== written + 1 && this.#wait(first, pages, pageSize)) continue;
      await this.#writer.write(pages, (first - 1) * pageSize);
      written = await this.#writeFollowing(pgnos[to - 1]!);
    }
  }

  async finish(): Promise<void> {
    for (const pgno of [...this.#waiting.keys()].sort((a, b) => a - b)) await this.#writeFollowing(pgno - 1);
    await this.#writer.finish();
  }

  /** After this nothing writes to the target any more. */
  async abandon(): Promise<void> {
    await this.#writer.settled();
  }

  /** Whether the pages were copied and wait; they do not when too many do. */
  #wait(first: number, pages: Uint8Array, pageSize: number): boolean {
    if (this.#waitingBytes + pages.length > waitingLimitBytes) return false;
    this.#waitingBytes += pages.length;
    for (let at = 0; at < pages.length; at += pageSize)
      this.#waiting.set(first + at / pageSize, pages.slice(at, at + pageSize));
    return true;
  }

  /** Writes the pages that wait behind one, and returns the last one that is written then. */
  async #writeFollowing(pgno: number): Promise<number> {
    let last = pgno;
    for (let page = this.#waiting.get(last + 1); page !== undefined; page = this.#waiting.get(last + 1)) {
      last += 1;
      this.#waiting.delete(last);
      this.#waitingBytes -= page.length;
      await this.#writer.write(page, (last - 1) * page.length);
    }
    return last;
  }
}

/** The parts of stretches whose pages follow each other in the database. */
function* rowsOf(pgnos: Uint32Array, stretches: readonly Stretch[]): Generator<Stretch, void, undefined> {
  for (const { from, to } of stretches) {
    for (let start = from, end = from; start < to; start = end) {
      do end++;
      while (end < to && pgnos[end] === pgnos[end - 1]! + 1);
      yield { from: start, to: end };
    }
  }
}
