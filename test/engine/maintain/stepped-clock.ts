import { setImmediate } from 'node:timers/promises';
import { type Clock, sleepOn } from '../../../src/runtime/clock.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock that goes on only when it is told to. */
export class SteppedClock implements Clock {
  /** Whether somebody does something that takes no time of this clock, such as reading a file. */
  isBusy: () => boolean = () => false;
  readonly #sleepers = new Set<Sleeper>();
  /** Midnight, UTC. */
  #nowMs = Date.UTC(2026, 0, 1);
  #offsetMs = 0;

  now(): number {
    return this.#nowMs + this.#offsetMs;
  }

  /** The wall clock is put back; the monotonic one goes on. */
  stepBack(ms: number): void {
    this.#offsetMs -= ms;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  after(ms: number, ring: () => void): () => void {
    const wake = () => {
      this.#sleepers.delete(sleeper);
      ring();
    };
    const sleeper = { atMs: this.#nowMs + ms, wake };
    this.#sleepers.add(sleeper);
    return () => this.#sleepers.delete(sleeper);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return ms <= 0 ? Promise.resolve() : sleepOn(this, ms, signal);
  }

  /** How many timers are set. */
  get timerCount(): number {
    return this.#sleepers.size;
  }

  /** Goes on by `ms`, stopping at every moment that somebody waits for. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      await this.settle();
      const next = [...this.#sleepers].sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
    this.#nowMs = endMs;
    await this.settle();
  }

  /** Lets everything run that can without time going on. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 6; quiet++) {
      await setImmediate();
      if (this.isBusy()) quiet = 0;
    }
  }
}
