import { setTimeout as delay } from 'node:timers/promises';

/** The only source of time below `cmd`. Tests hand in one that can be stepped. */
export interface Clock {
  /** Wall-clock milliseconds since the Unix epoch; may jump either way. */
  now(): number;
  /** Milliseconds that never go backwards, the same for all processes of a machine; stands still while it is suspended. */
  monotonic(): number;
  /** Resolves after `ms`, or at once, without an error, when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted) return;
      throw error;
    }
  },
};
