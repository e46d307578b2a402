/** The only source of time below `cmd`. Tests hand in one that can be stepped. */
export interface Clock {
  /** Wall-clock milliseconds since the Unix epoch; may jump either way. */
  now(): number;
  /** Milliseconds that never go backwards, the same for all processes of a machine; stands still while it is suspended. */
  monotonic(): number;
  /** Calls `ring` once after `ms`; returns what calls it off. */
  after(ms: number, ring: () => void): () => void;
  /** Resolves after `ms`, or at once, without an error, when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Timers of Node hold no more than 24.8 days; who waits longer looks at the clock again meanwhile. */
export const longestTimerMs = 24 * 3_600_000;

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1_000 + nanoseconds / 1e6;
  },
  after,
  sleep: (ms, signal) => sleepOn({ after }, ms, signal),
};

/** `Clock.sleep`, made of `Clock.after`. */
export function sleepOn(clock: Pick<Clock, 'after'>, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return new Promise((resolve) => clock.after(ms, resolve));
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      callOff();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const callOff = clock.after(ms, end);
    signal.addEventListener('abort', end);
  });
}

function after(ms: number, ring: () => void): () => void {
  const timer = setTimeout(ring, ms);
  return () => clearTimeout(timer);
}
