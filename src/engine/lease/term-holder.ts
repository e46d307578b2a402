import type { Txid } from '../../format/ltx/txid.ts';
import type { DatabaseLease, LeaseTerm } from './database-lease.ts';
import type { LeaseStatus } from './lease-status.ts';

/** A lease, and the term it is held in. */
export interface HeldTerm {
  readonly lease: DatabaseLease;
  readonly term: LeaseTerm;
  /** Whether the database was made from its replicas in this term: what they showed then was all there was. */
  readonly isRestored: boolean;
}

/** The term that a database is replicated in; without a lease there is none, and none is needed. */
export class TermHolder {
  readonly #lease: DatabaseLease | undefined;
  #term: LeaseTerm | undefined;
  #restoredIn: AbortSignal | undefined;

  constructor(lease: DatabaseLease | undefined) {
    this.#lease = lease;
  }

  /** The lease with the term it is held in, under the highest epoch it was raised to since. */
  get held(): HeldTerm | undefined {
    if (this.#lease === undefined || this.#term === undefined) return undefined;
    const { term } = this.#lease;
    const isRestored = this.#restoredIn === this.#term.signal;
    return { lease: this.#lease, term: term?.signal === this.#term.signal ? term : this.#term, isRestored };
  }

  /** The database was restored in the present term. */
  noteRestored(): void {
    this.#restoredIn = this.#term?.signal;
  }

  get status(): LeaseStatus | undefined {
    return this.#lease?.status;
  }

  /** Whether there is a lease and it is not held: nothing may be written. */
  get isStandby(): boolean {
    return this.#lease !== undefined && this.#term?.mayWrite() !== true;
  }

  /** Resolves when the lease is held again; whether it is, which it is not when `signal` aborts. */
  async enterNext(signal: AbortSignal): Promise<boolean> {
    const before = this.#term;
    this.#term = undefined;
    try {
      this.#term = await this.#lease?.nextTerm(before, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return this.#term !== undefined;
  }

  /** The same term, under a higher epoch. */
  replace(term: LeaseTerm | undefined): void {
    this.#term = term;
  }

  /** Aborts when another term begins; `ended` gives up waiting for it. */
  untilNext(ended: AbortSignal): AbortSignal {
    const begun = new AbortController();
    this.#lease?.nextTerm(this.#term, { signal: ended }).then(
      () => begun.abort(),
      () => {}, // the attachment ended first
    );
    return begun.signal;
  }

  /** What was shipped, for whoever looks at the lease. */
  noteTxid(txid: Txid | undefined): void {
    if (txid !== undefined) this.#lease?.noteTxid(txid);
  }

  giveUp(): void {
    if (this.#term !== undefined) this.#lease?.giveUp(this.#term);
  }
}
