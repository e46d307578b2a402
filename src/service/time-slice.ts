import { setImmediate as turnOfTheLoop } from 'node:timers/promises';

const sliceMs = 5;

/** For long loops: lets everything else in the process run whenever a few milliseconds were used up. */
export class TimeSlice {
  #beganMs = performance.now();

  /** To be awaited once a step. */
  async pause(): Promise<void> {
    if (performance.now() - this.#beganMs < sliceMs) return;
    await turnOfTheLoop();
    this.#beganMs = performance.now();
  }
}
