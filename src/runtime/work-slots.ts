import type { Clock } from './clock.ts';

/** After this long a task's slot goes to the next one as well: what takes long must not keep others from beginning. */
export interface Patience {
  readonly ms: number;
  readonly clock: Pick<Clock, 'after'>;
}

/** Lets at most so many tasks of one kind run at a time in a process; the others wait in the order they came. */
export class WorkSlots {
  readonly #patience: Patience | undefined;
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(count: number, patience?: Patience) {
    this.#free = count;
    this.#patience = patience;
  }

  /** Runs a task when its turn comes; not at all when the signal aborts before, which rejects with its reason. */
  async run<T>(signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    let isLent = true;
    const giveBack = () => {
      if (isLent) this.#giveBack();
      isLent = false;
    };
    const callOff = this.#patience?.clock.after(this.#patience.ms, giveBack);
    try {
      return await task();
    } finally {
      callOff?.();
      giveBack();
    }
  }

  #giveBack(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else next();
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = () => {
        this.#waiting.delete(start);
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(start);
        reject(signal?.reason);
      };
      this.#waiting.add(start);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }
}
