import type { Clock } from '../runtime/clock.ts';

/** How many seconds' worth of calls may be made at once after a quiet time. */
const burstSeconds = 10;

/** A token bucket in front of store calls: whoever exceeds the rate waits, first come, first served. */
export class CallCeiling {
  readonly #callsPerSecond: number;
  readonly #clock: Clock;
  readonly #mostTokens: number;
  readonly #waiting = new Set<() => void>();
  #tokens: number;
  #filledAtMs: number;
  #timer: AbortController | undefined;

  /** `callsPerSecond` 0: no ceiling. */
  constructor(callsPerSecond: number, clock: Clock) {
    this.#callsPerSecond = callsPerSecond;
    this.#clock = clock;
    this.#mostTokens = Math.max(1, callsPerSecond * burstSeconds);
    this.#tokens = this.#mostTokens;
    this.#filledAtMs = clock.monotonic();
  }

  /** Resolves when a call may be made. Rejects with the signal's reason; a call given up costs nothing. */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#callsPerSecond === 0) return;
    this.#fill();
    if (this.#waiting.size > 0 || this.#tokens < 1) await this.#wait(signal);
    else this.#tokens -= 1;
  }

  /** A call that must not wait is made: those that can wait do so the longer. */
  takeAtOnce(): void {
    if (this.#callsPerSecond === 0) return;
    this.#fill();
    this.#tokens -= 1;
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    let leave = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        const abort = () => reject(signal?.reason);
        signal?.addEventListener('abort', abort, { once: true });
        leave = () => {
          signal?.removeEventListener('abort', abort);
          this.#waiting.delete(resolve);
        };
        this.#waiting.add(resolve);
        if (this.#timer === undefined) void this.#letPass();
      });
    } finally {
      leave();
      if (this.#waiting.size === 0) this.#timer?.abort();
    }
  }

  async #letPass(): Promise<void> {
    const timer = new AbortController();
    this.#timer = timer;
    while (this.#waiting.size > 0) {
      this.#fill();
      if (this.#tokens < 1) {
        await this.#clock.sleep(Math.ceil(((1 - this.#tokens) * 1000) / this.#callsPerSecond), timer.signal);
        if (timer.signal.aborted) break;
        continue;
      }
      const [first] = this.#waiting;
      if (first === undefined) break;
      this.#waiting.delete(first);
      this.#tokens -= 1;
      first();
    }
    this.#timer = undefined;
    if (this.#waiting.size > 0) void this.#letPass(); // came while the last one left
  }

  #fill(): void {
    const nowMs = this.#clock.monotonic();
    const grown = this.#tokens + ((nowMs - this.#filledAtMs) * this.#callsPerSecond) / 1000;
    this.#tokens = Math.min(this.#mostTokens, grown);
    this.#filledAtMs = nowMs;
  }
}
