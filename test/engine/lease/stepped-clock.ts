import { setImmediate } from 'node:timers/promises';
import { type Clock, sleepOn } from '../../../src/runtime/clock.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock that goes on only when a test lets it. */
export class SteppedClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #monotonicMs = 1_000;
  #wallMs = 1_763_716_000_000;

  now(): number {
    return this.#wallMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  after(ms: number, ring: () => void): () => void {
    const wake = () => {
      this.#sleepers.delete(sleeper);
      ring();
    };
    const sleeper = { atMs: this.#monotonicMs + ms, wake };
    this.#sleepers.add(sleeper);
    return () => this.#sleepers.delete(sleeper);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  stepWall(ms: number): void {
    this.#wallMs += ms;
  }

  /** Lets time pass, each sleeper waking at its own moment, and waits for what that sets off. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await settle();
    for (;;) {
      const [next] = [...this.#sleepers].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > endMs) break;
      this.#pass(Math.max(next.atMs, this.#monotonicMs) - this.#monotonicMs);
      next.wake();
      await settle();
    }
    this.#pass(endMs - this.#monotonicMs);
    await settle();
  }

  #pass(ms: number): void {
    this.#monotonicMs += ms;
    this.#wallMs += ms;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await setImmediate();
}
