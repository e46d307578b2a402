import type { Clock } from './clock.ts';

/** Lets loops sleep until something happens. What comes while nobody waits is not lost: the next wait ends at once. */
export class Wakeup {
  readonly #clock: Clock;
  readonly #waiters = new Set<() => void>();
  #pending = false;
  #notified = false;

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
    if (this.#waiters.size === 0) this.#pending = true;
    for (const wake of this.#waiters) wake();
  }

  /**
   * Resolves after a call of `notify` or `poke`, after `ms` (undefined: never by itself), or when `signal` aborts. Returns
   * whether something happened outside since the last wait.
   */
  async wait(ms: number | undefined, signal: AbortSignal): Promise<boolean> {
    if (!this.#pending && !signal.aborted) await this.#sleep(ms, signal);
    const notified = this.#notified;
    this.#pending = false;
    this.#notified = false;
    return notified;
  }

  async #sleep(ms: number | undefined, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    let wake: () => void = () => {};
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
      signal.addEventListener('abort', () => resolve(), { signal: ended.signal, once: true });
    });
    this.#waiters.add(wake);
    await (ms === undefined ? woken : Promise.race([woken, this.#clock.sleep(ms, ended.signal)]));
    this.#waiters.delete(wake);
    ended.abort();
  }
}
