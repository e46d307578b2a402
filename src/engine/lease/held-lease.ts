import type { Clock } from '../../runtime/clock.ts';
import type { LeaseMoment } from './lease-state.ts';

/** The signal of a lease that is held, and the alarm that goes off when it is not renewed in time. */
export class HeldLease {
  readonly #clock: Clock;
  readonly #checkMs: number;
  readonly #onDue: () => void;
  #held: AbortController | undefined;
  #deadline: LeaseMoment | undefined;
  #lost = AbortSignal.abort();

  /** `onDue` is called at the deadline, and every `checkMs` before: the wall clock may have jumped over it. */
  constructor(clock: Clock, checkMs: number, onDue: () => void) {
    this.#clock = clock;
    this.#checkMs = checkMs;
    this.#onDue = onDue;
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  get signal(): AbortSignal {
    return this.#held?.signal ?? this.#lost;
  }

  keep(deadline: LeaseMoment): void {
    this.#deadline = deadline;
    if (this.#held !== undefined) return;
    this.#held = new AbortController();
    void this.#watch(this.#held.signal);
  }

  lose(reason: Error): void {
    if (this.#held === undefined) return;
    const { signal } = this.#held;
    const held = this.#held;
    this.#held = undefined;
    this.#lost = signal;
    held.abort(reason);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const leftMs = (this.#deadline?.monotonicMs ?? 0) - this.#clock.monotonic();
      await this.#clock.sleep(Math.max(0, Math.min(leftMs, this.#checkMs)), signal);
      if (!signal.aborted) this.#onDue();
    }
  }
}
