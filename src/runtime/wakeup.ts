import type { Clock } from './clock.ts';

/** Lets one loop sleep until something happens. A notification that comes while it works is not lost. */
export class Wakeup {
  readonly #clock: Clock;
  #notified = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  notify(): void {
    this.#notified = true;
    this.#wake?.();
  }

  /**
   * Resolves after a notification, after `ms` (undefined: never by itself), or when `signal` aborts. Takes the notification
   * and returns whether there was one.
   */
  async wait(ms: number | undefined, signal: AbortSignal): Promise<boolean> {
    if (!this.#notified && !signal.aborted) {
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
    this.#notified = false;
    return notified;
  }
}
