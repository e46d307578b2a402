import type { LeaseMoment } from '../../../src/engine/lease/lease-state.ts';
import type { World } from './world.ts';

/** The two clocks of one machine: they run a little too fast or too slow, the wall clock is stepped, a suspend stops one. */
export class MachineClock {
  readonly #world: World;
  readonly #rate: number;
  #monotonicMs: number;
  #wallOffsetMs: number;
  #sinceMs = 0;
  #isSuspended = false;

  constructor(world: World, rate: number) {
    this.#world = world;
    this.#rate = rate;
    this.#monotonicMs = world.random.int(0, 1_000_000);
    this.#wallOffsetMs = 1_700_000_000_000 + world.random.int(-100_000, 100_000);
  }

  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  now(): LeaseMoment {
    const monotonicMs = this.#monotonicMs + this.#elapsedMs();
    return { monotonicMs, wallMs: this.#world.nowMs * this.#rate + this.#wallOffsetMs };
  }

  /** How much true time passes while the monotonic clock goes on by `ms`. */
  trueMs(ms: number): number {
    return ms / this.#rate;
  }

  stepWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  suspend(): void {
    this.#settle();
    this.#isSuspended = true;
  }

  resume(): void {
    this.#settle();
    this.#isSuspended = false;
  }

  #elapsedMs(): number {
    return this.#isSuspended ? 0 : (this.#world.nowMs - this.#sinceMs) * this.#rate;
  }

  #settle(): void {
    this.#monotonicMs += this.#elapsedMs();
    this.#sinceMs = this.#world.nowMs;
  }
}
