import type { Clock } from '../../runtime/clock.ts';

/** So many pieces of work leave enough to be worth a collection, ... */
const worthCount = 500;
/** ... which comes when none has ended, and no database has changed, for so long. */
const quietMs = 2_000;

/**
 * Has what first files, merges and attachments that ended leave in memory collected after many of them. V8 goes by what is
 * allocated, and a process whose databases are at rest allocates nothing: it would keep several times of what it needs, or
 * collect it a minute later when all of its memory has to be fetched again.
 */
export class Leftovers {
  readonly #collect: () => Promise<void>;
  readonly #clock: Pick<Clock, 'after'>;
  #count = 0;
  #isQuiet = true;
  #callOff: (() => void) | undefined;

  constructor(collect: () => Promise<void>, { clock }: { readonly clock: Pick<Clock, 'after'> }) {
    this.#collect = collect;
    this.#clock = clock;
  }

  /** A database was parked, read as a whole or merged. */
  note(): void {
    this.#count += 1;
    this.#isQuiet = false;
    if (this.#count >= worthCount && this.#callOff === undefined) this.#wait();
  }

  /** A database changes: a collection would be in the way of its next file. */
  putOff(): void {
    this.#isQuiet = false;
  }

  close(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #wait(): void {
    this.#isQuiet = true;
    this.#callOff = this.#clock.after(quietMs, () => {
      this.#callOff = undefined;
      if (!this.#isQuiet) return this.#wait();
      this.#count = 0;
      void this.#collect();
    });
  }
}
