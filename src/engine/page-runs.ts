import type { Kernels, PageRun } from '../kernel/kernels.ts';
import { PageSlabs } from './capture/page-slabs.ts';

/** Bytes of pages in one run: large enough for sequential I/O, small enough to yield every few milliseconds. */
const runBytes = 1 << 20;
/** Free workspaces kept per page size. */
const keptFree = 4;

/** Lends workspaces to whoever encodes or decodes, so that their memory is bounded by the work under way. */
export class PageRuns {
  readonly kernels: Kernels;
  /** For pages that wait for their file. */
  readonly slabs = new PageSlabs();
  readonly #free = new Map<number, PageRun[]>();
  #walBytes: Uint8Array | undefined;

  constructor(kernels: Kernels) {
    this.kernels = kernels;
  }

  /** Room to read a WAL into, for whoever is done with it in the same turn of the event loop. */
  get walBytes(): Uint8Array {
    this.#walBytes ??= new Uint8Array(runBytes);
    return this.#walBytes;
  }

  borrow(pageSizeBytes: number): PageRun {
    return this.#free.get(pageSizeBytes)?.pop() ?? this.kernels.openRun(pageSizeBytes, runBytes / pageSizeBytes);
  }

  giveBack(run: PageRun): void {
    const free = this.#free.get(run.pageSize) ?? [];
    if (free.length < keptFree) free.push(run);
    this.#free.set(run.pageSize, free);
  }
}
