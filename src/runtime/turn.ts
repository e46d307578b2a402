import { setImmediate } from 'node:timers/promises';

const longMs = 4;

/** Lets other work of the process in whenever this one has kept it to itself for a few milliseconds. */
export class Turn {
  #sinceMs = performance.now();

  /** To be awaited between steps of work, each of a millisecond or two. */
  async share(signal?: AbortSignal): Promise<void> {
    if (performance.now() - this.#sinceMs < longMs) return;
    await setImmediate();
    this.#sinceMs = performance.now();
    signal?.throwIfAborted();
  }
}
