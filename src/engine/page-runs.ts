import type { Kernels, PageRun } from '../kernel/kernels.ts';
import { PageSlabs } from './capture/page-slabs.ts';
import { type LaneOptions, RunLane } from './run-lane.ts';

/** Bytes of pages in one run: large enough for sequential I/O, small enough to yield every few milliseconds. */
const defaultRunBytes = 1 << 20;
/** Free workspaces kept per page size. More are used again until the garbage collector takes them, which it is late to do. */
const keptFree = 4;

/** Lends workspaces to whoever encodes or decodes, so that their memory is bounded by the work under way. */
export class PageRuns {
  readonly kernels: Kernels;
  /** For pages that wait for their file. */
  readonly slabs = new PageSlabs();
  readonly #runBytes: number;
  readonly #free = new Map<number, PageRun[]>();
  readonly #spare = new Map<number, WeakRef<PageRun>[]>();
  #walBytes: Uint8Array | undefined;

  constructor(kernels: Kernels, { runBytes = defaultRunBytes }: { readonly runBytes?: number | undefined } = {}) {
    this.kernels = kernels;
    this.#runBytes = runBytes;
  }

  /** How many pages a workspace holds. */
  capacityOf(pageSizeBytes: number): number {
    return Math.max(1, this.#runBytes / pageSizeBytes);
  }

  /** Room to read a WAL into, for whoever is done with it in the same turn of the event loop. */
  get walBytes(): Uint8Array {
    this.#walBytes ??= new Uint8Array(defaultRunBytes);
    return this.#walBytes;
  }

  borrow(pageSizeBytes: number): PageRun {
    const run = this.#free.get(pageSizeBytes)?.pop() ?? this.#takeSpare(pageSizeBytes);
    return run ?? this.kernels.openRun(pageSizeBytes, this.capacityOf(pageSizeBytes));
  }

  giveBack(run: PageRun): void {
    const free = this.#free.get(run.pageSize) ?? [];
    this.#free.set(run.pageSize, free);
    if (free.length < keptFree) free.push(run);
    else this.#spare.set(run.pageSize, [...(this.#spare.get(run.pageSize) ?? []), new WeakRef(run)]);
  }

  #takeSpare(pageSizeBytes: number): PageRun | undefined {
    const spare = this.#spare.get(pageSizeBytes) ?? [];
    for (let last = spare.pop(); last !== undefined; last = spare.pop()) {
      const run = last.deref();
      if (run !== undefined) return run;
    }
    return undefined;
  }

  /** For one piece of work that is large, or may prove to be. */
  openLane(pageSizeBytes: number, options: LaneOptions = {}): RunLane {
    return new RunLane(this, pageSizeBytes, options);
  }
}
