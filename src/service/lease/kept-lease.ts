import type { LeaseKeeper } from '../../engine/lease/lease-keeper.ts';
import type { LeaseMoment } from '../../engine/lease/lease-state.ts';
import type { LeaseStatus } from '../../engine/lease/lease-status.ts';
import type { LeaseView } from '../../engine/lease/lease-view.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';

/** How long a lease that was given up is left to others. */
const givenUpMs = 60_000;

const nobody: LeaseStatus = { kind: 'standby', holder: undefined };

/** A lease for as long as anybody needs it, over one keeper after the other: one that gave its lease back is at its end. */
export class KeptLease implements LeaseView {
  readonly #newKeeper: () => LeaseKeeper;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listeners = new Set<(state: LeaseStatus) => void>();
  readonly #closing = new AbortController();
  readonly #never = new AbortController();
  #keeper: LeaseKeeper;
  #isGivenUp = false;
  #running: Promise<void>;

  /** Begins to follow the lease. */
  static start(newKeeper: () => LeaseKeeper, services: { readonly clock: Clock; readonly logger: Logger }): KeptLease {
    const lease = new KeptLease(newKeeper, services);
    lease.#running = lease.#run(lease.#keeper);
    return lease;
  }

  private constructor(newKeeper: () => LeaseKeeper, services: { readonly clock: Clock; readonly logger: Logger }) {
    this.#newKeeper = newKeeper;
    this.#clock = services.clock;
    this.#logger = services.logger;
    this.#keeper = newKeeper();
    this.#running = Promise.resolve();
  }

  get state(): LeaseStatus {
    return this.#isGivenUp ? nobody : this.#keeper.state;
  }

  get deadline(): LeaseMoment | undefined {
    return this.#keeper.deadline;
  }

  get heldSignal(): AbortSignal {
    return this.#keeper.heldSignal;
  }

  mayWrite(): boolean {
    return this.#keeper.mayWrite();
  }

  onChange(listener: (state: LeaseStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  raiseAbove(epoch: number, signal?: AbortSignal): Promise<number> {
    return this.#keeper.raiseAbove(epoch, signal);
  }

  noteTxid(txid: Txid): void {
    this.#keeper.noteTxid(txid);
  }

  /** See `LeaseKeeper.trustLocalLock`. */
  trustLocalLock(): void {
    this.#keeper.trustLocalLock();
  }

  /** Gives the lease back, stays away from it for a minute, then follows it again. */
  giveUp(): void {
    if (this.#isGivenUp || this.#closing.signal.aborted) return;
    this.#isGivenUp = true;
    this.#logger.info('gave the lease back for another host to go on', { forMs: givenUpMs });
    this.#running = this.#startAgain(this.#running);
  }

  /** Gives the lease back and ends. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#keeper.release();
    await this.#running;
  }

  async #run(keeper: LeaseKeeper): Promise<void> {
    const end = keeper.onChange(() => this.#tell());
    try {
      await keeper.run(this.#never.signal); // ends when its lease is given back
    } finally {
      end();
    }
  }

  async #startAgain(before: Promise<void>): Promise<void> {
    await this.#keeper.release();
    await before;
    this.#tell();
    await this.#clock.sleep(givenUpMs, this.#closing.signal);
    if (this.#closing.signal.aborted) return;
    this.#keeper = this.#newKeeper();
    this.#isGivenUp = false;
    await this.#run(this.#keeper);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.state);
  }
}
