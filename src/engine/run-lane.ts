import type { DecodedRun, EncodedRun, Kernels, PageRun, ThreadRun } from '../kernel/kernels.ts';

/** Without threads one run is being written while the next one is worked on. */
const defaultPlainRuns = 2;

export interface LaneOptions {
  /** Of pages, as far as it is known before. */
  readonly expectedBytes?: number | undefined;
  /** How many may be under way without threads. */
  readonly plainRuns?: number | undefined;
}

/** A workspace and where its verbs run. Nobody may touch it while one is under way. */
export interface LaneRun {
  readonly run: PageRun;
  encode(pageCount: number, register: bigint): Promise<EncodedRun>;
  /** `inPlace` does what a thread could not, and is the place to throw for wrong frames; default: `run.decode`. */
  decode(frameBytes: number, register: bigint, inPlace?: () => DecodedRun): Promise<DecodedRun>;
  giveBack(): void;
}

/** Where a lane takes workspaces for work in place. */
export interface PlainRuns {
  readonly kernels: Kernels;
  capacityOf(pageSizeBytes: number): number;
  borrow(pageSizeBytes: number): PageRun;
  giveBack(run: PageRun): void;
}

/** The workspaces of one piece of work: worked on in place at first, and by kernel threads once it has proved large. */
export class RunLane {
  readonly #runs: PlainRuns;
  readonly #pageSizeBytes: number;
  readonly #plainRuns: number;
  #workBytes: number;
  #plainCount = 0;
  #threadCount = 0;

  constructor(
    runs: PlainRuns,
    pageSizeBytes: number,
    { expectedBytes = 0, plainRuns = defaultPlainRuns }: LaneOptions,
  ) {
    this.#workBytes = expectedBytes;
    this.#plainRuns = plainRuns;
    this.#runs = runs;
    this.#pageSizeBytes = pageSizeBytes;
  }

  /** Takes a workspace, or tells that one of those under way has to be finished first. */
  tryBorrow(): LaneRun | undefined {
    const threaded = this.#borrowThreaded();
    if (threaded !== undefined) return threaded;
    return this.#threadCount > 0 || this.#plainCount >= this.#plainRuns ? undefined : this.#borrowPlain();
  }

  /** Takes a workspace in any case: for callers that bound their number themselves. */
  borrow(): LaneRun {
    return this.#borrowThreaded() ?? this.#borrowPlain();
  }

  #borrowThreaded(): LaneRun | undefined {
    const { threads } = this.#runs.kernels;
    if (threads === undefined || this.#workBytes < threads.leastBytes) return undefined;
    const borrowed = threads.borrow(this.#pageSizeBytes, this.#runs.capacityOf(this.#pageSizeBytes));
    if (borrowed === undefined) return undefined;
    this.#threadCount++;
    return this.#threaded(borrowed);
  }

  #threaded(thread: ThreadRun): LaneRun {
    const { run } = thread;
    return {
      run,
      encode: async (pageCount, register) =>
        (await thread.encode(pageCount, register)) ?? run.encode(pageCount, register),
      decode: async (frameBytes, register, inPlace = () => run.decode(frameBytes, register)) =>
        (await thread.decode(frameBytes, register)) ?? inPlace(),
      giveBack: () => {
        this.#threadCount--;
        thread.giveBack();
      },
    };
  }

  #borrowPlain(): LaneRun {
    const run = this.#runs.borrow(this.#pageSizeBytes);
    this.#plainCount++;
    return {
      run,
      encode: async (pageCount, register) => {
        this.#workBytes += pageCount * run.pageSize;
        return run.encode(pageCount, register);
      },
      decode: async (frameBytes, register, inPlace = () => run.decode(frameBytes, register)) => {
        const decoded = inPlace();
        this.#workBytes += decoded.pageCount * run.pageSize;
        return decoded;
      },
      giveBack: () => {
        this.#plainCount--;
        this.#runs.giveBack(run);
      },
    };
  }
}
