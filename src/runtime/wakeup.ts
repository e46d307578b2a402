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

  /** Waits whatever happens, and takes what has happened as known. */
  async gather(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal);
    this.#pending = false;
    this.#notified = false;
  }

  #sleep(ms: number | undefined, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', wake);
        callOff?.();
        resolve();
      };
      this.#waiters.add(wake);
      signal.addEventListener('abort', wake);
      const callOff = ms === undefined ? undefined : this.#clock.after(ms, wake);
    });
  }
}
