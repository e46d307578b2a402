import type { Clock } from '../../runtime/clock.ts';

/** So many attachments leave enough to be worth a collection, ... */
const worthCount = 500;
/** ... which comes when none has ended for so long. */
const quietMs = 2_000;

/**
 * Has what attachments leave in memory collected after many of them have ended. V8 goes by what is allocated, and a process
 * whose databases are parked allocates nothing: it would keep several times of what it needs.
 */
export class Leftovers {
  readonly #collect: () => Promise<void>;
  readonly #clock: Pick<Clock, 'after'>;
  #count = 0;
  #callOff: (() => void) | undefined;

  constructor(collect: () => Promise<void>, { clock }: { readonly clock: Pick<Clock, 'after'> }) {
    this.#collect = collect;
    this.#clock = clock;
  }

  /** A database was parked. */
  note(): void {
    this.#count += 1;
    if (this.#count >= worthCount && this.#callOff === undefined) this.#wait();
  }

  close(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #wait(): void {
    const before = this.#count;
    this.#callOff = this.#clock.after(quietMs, () => {
      this.#callOff = undefined;
      if (this.#count > before) return this.#wait();
      this.#count = 0;
      void this.#collect();
    });
  }
}
