import { type Clock, longestTimerMs } from '../../runtime/clock.ts';

/** Moments within so much of one another are one. */
const grainMs = 1_000;

/** Tells when the time of something has come, on the wall clock: one timer for any number of things. */
export class DueTimes<Thing> {
  readonly #onDue: (thing: Thing) => void;
  readonly #clock: Clock;
  readonly #byGrain = new Map<number, Set<Thing>>();
  #timer: { readonly grain: number; readonly callOff: () => void } | undefined;

  constructor(onDue: (thing: Thing) => void, { clock }: { readonly clock: Clock }) {
    this.#onDue = onDue;
    this.#clock = clock;
  }

  /** Infinity: never. */
  add(thing: Thing, atMs: number): void {
    if (atMs === Number.POSITIVE_INFINITY) return;
    const grain = grainOf(atMs);
    const things = this.#byGrain.get(grain);
    if (things === undefined) this.#byGrain.set(grain, new Set([thing]));
    else things.add(thing);
    if (this.#timer === undefined || grain < this.#timer.grain) this.#wait(grain);
  }

  /** To be called with the time it was added with. */
  delete(thing: Thing, atMs: number): void {
    const grain = grainOf(atMs);
    const things = this.#byGrain.get(grain);
    if (things?.delete(thing) && things.size === 0) this.#byGrain.delete(grain);
    if (this.#byGrain.size === 0) this.#stop();
  }

  #ring(): void {
    this.#stop();
    const now = Math.floor(this.#clock.now() / grainMs);
    for (const [grain, things] of this.#byGrain) {
      if (grain > now) continue;
      this.#byGrain.delete(grain);
      for (const thing of things) this.#onDue(thing);
    }
    const first = [...this.#byGrain.keys()].reduce((least, grain) => Math.min(least, grain), Infinity);
    if (first !== Infinity) this.#wait(first);
  }

  #wait(grain: number): void {
    this.#stop();
    const waitMs = Math.max(0, grain * grainMs - this.#clock.now());
    this.#timer = { grain, callOff: this.#clock.after(Math.min(longestTimerMs, waitMs), () => this.#ring()) };
  }

  #stop(): void {
    this.#timer?.callOff();
    this.#timer = undefined;
  }
}

function grainOf(atMs: number): number {
  return Math.ceil(atMs / grainMs);
}
