/** Holds a page of any size. */
export const slabBytes = 65_536;
const keptSlabs = 128;

/**
 * Memory for captured pages, in pieces that the databases of a process hand on to one another: a thousand small commits need
 * no more than a few at a time, and what is left to the garbage collector comes back late.
 */
export class PageSlabs {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(slabBytes);
  }

  giveBack(slabs: readonly Uint8Array[]): void {
    this.#free.push(...slabs.slice(0, keptSlabs - this.#free.length));
  }
}
