import type { Clock } from './clock.ts';

/** Lets one loop sleep until something happens. What comes while it works is not lost. */
export class Wakeup {
  readonly #clock: Clock;
  #pending = false;
  #notified = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something happened outside. */
  notify(): void {
    this.#notified = true;
    this.poke();
  }

  /** There is work to do, although nothing happened outside. */
  poke(): void {
    this.#pending = true;
    this.#wake?.();
  }

  /**
   * Resolves after a call of `notify` or `poke`, after `ms` (undefined: never by itself), or when `signal` aborts. Returns
   * whether something happened outside since the last wait.
   */
  async wait(ms: number | undefined, signal: AbortSignal): Promise<boolean> {
    if (!this.#pending && !signal.aborted) {
      const ended = new AbortController();
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => resolve(), { signal: ended.signal, once: true });
      });
      await (ms === undefined ? woken : Promise.race([woken, this.#clock.sleep(ms, ended.signal)]));
      ended.abort();
      this.#wake = undefined;
    }
    const notified = this.#notified;
    this.#pending = false;
    this.#notified = false;
    return notified;
  }
}
