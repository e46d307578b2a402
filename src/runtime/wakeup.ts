import type { Clock } from './clock.ts';

/** Lets loops sleep until something happens. What comes while nobody waits is not lost: the next wait ends at once. */
export class Wakeup {
  readonly #clock: Clock;
  readonly #waiters = new Set<() => void>();
  /** Waits that nothing but their time or their signal ends. */
  readonly #gatherers = new Set<() => void>();
  #heard: AbortSignal | undefined;
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
   * Until it is disposed of, waits under `signal` share one listener: to add and remove one for each of them is most of what
   * a wait costs.
   */
  hear(signal: AbortSignal): Disposable {
    const end = () => {
      for (const wake of [...this.#waiters, ...this.#gatherers]) wake();
    };
    signal.addEventListener('abort', end);
    this.#heard = signal;
    const dispose = () => {
      signal.removeEventListener('abort', end);
      this.#heard = undefined;
    };
    return { [Symbol.dispose]: dispose };
  }

  /**
   * Resolves after a call of `notify` or `poke`, after `ms` (undefined: never by itself), or when `signal` aborts. Returns
   * whether something happened outside since the last wait.
   */
  async wait(ms: number | undefined, signal: AbortSignal): Promise<boolean> {
    if (!this.#pending && !signal.aborted) await this.#sleep(this.#waiters, ms, signal);
    return this.#take();
  }

  /** Waits whatever happens, and takes what has happened as known. */
  async gather(ms: number, signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await this.#sleep(this.#gatherers, ms, signal);
    this.#take();
  }

  #take(): boolean {
    const notified = this.#notified;
    this.#pending = false;
    this.#notified = false;
    return notified;
  }

  #sleep(sleepers: Set<() => void>, ms: number | undefined, signal: AbortSignal): Promise<void> {
    const isHeard = signal === this.#heard;
    return new Promise((resolve) => {
      const wake = () => {
        sleepers.delete(wake);
        if (!isHeard) signal.removeEventListener('abort', wake);
        callOff?.();
        resolve();
      };
      sleepers.add(wake);
      if (!isHeard) signal.addEventListener('abort', wake);
      const callOff = ms === undefined ? undefined : this.#clock.after(ms, wake);
    });
  }
}
