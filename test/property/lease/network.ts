import type { World } from './world.ts';

/** How requests fare at present. */
export interface Weather {
  /** Of requests, and of replies. */
  readonly lossChance: number;
  /** Of a request that is under way far longer than anybody waits for it. */
  readonly lateChance: number;
  readonly latencyMs: number;
}

export const calmWeather: Weather = { lossChance: 0, lateChance: 0, latencyMs: 40 };

/** Takes requests to the store and replies back; either may be lost or late, and nobody who sent one can call it back. */
export class Network {
  readonly #world: World;
  readonly #ttlMs: number;
  weather: Weather = calmWeather;

  constructor(world: World, ttlMs: number) {
    this.#world = world;
    this.#ttlMs = ttlMs;
  }

  /** `deliver` hands the reply to its receiver, as soon as that can take it. */
  send<T>(effect: () => T, deliver: (reply: T) => void): void {
    if (this.#isLost()) return;
    this.#world.after(this.#latencyMs(), () => {
      const reply = effect();
      if (!this.#isLost()) this.#world.after(this.#latencyMs(), () => deliver(reply));
    });
  }

  #isLost(): boolean {
    return this.#world.random.chance(this.weather.lossChance);
  }

  #latencyMs(): number {
    const { random } = this.#world;
    if (random.chance(this.weather.lateChance)) return random.next() * 4 * this.#ttlMs;
    return 1 + random.next() * this.weather.latencyMs;
  }
}
