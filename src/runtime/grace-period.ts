import type { Clock } from './clock.ts';

/** Some time that is left after a signal aborted; `signal` of its own aborts at its end, or when it is disposed of. */
export class GracePeriod implements Disposable {
  readonly #ended = new AbortController();

  constructor(stop: AbortSignal, lengthMs: number, clock: Clock) {
    const begin = () => void clock.sleep(lengthMs, this.#ended.signal).then(() => this.#ended.abort());
    if (stop.aborted) begin();
    else stop.addEventListener('abort', begin, { once: true, signal: this.#ended.signal });
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
  }
}
