import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { DatabaseLease, LeaseTerm } from './database-lease.ts';
import type { LeaseStatus } from './lease-status.ts';
import type { LeaseView } from './lease-view.ts';

/** The lease of a database over a view of it. Terms are told apart by their signals. */
export class ViewedLease implements DatabaseLease {
  readonly #view: LeaseView;
  readonly #giveUp: () => void;

  /** `giveUp` lets another host have the lease for a while; nothing for a lease that others depend on. */
  constructor(view: LeaseView, { giveUp }: { readonly giveUp: () => void }) {
    this.#view = view;
    this.#giveUp = giveUp;
  }

  get term(): LeaseTerm | undefined {
    const { state } = this.#view;
    return state.kind === 'held' ? this.#termOf(state.epoch, this.#view.heldSignal) : undefined;
  }

  get status(): LeaseStatus {
    return this.#view.state;
  }

  async nextTerm(previous: LeaseTerm | undefined, { signal }: CallOptions): Promise<LeaseTerm> {
    for (;;) {
      signal?.throwIfAborted();
      const { term } = this;
      if (term !== undefined && term.signal !== previous?.signal && term.mayWrite()) return term;
      await this.#change(signal);
    }
  }

  async raiseAbove(term: LeaseTerm, epoch: number, { signal }: CallOptions): Promise<LeaseTerm> {
    return this.#termOf(await this.#view.raiseAbove(epoch, signal), term.signal);
  }

  giveUp(term: LeaseTerm): void {
    if (!term.signal.aborted) this.#giveUp();
  }

  noteTxid(txid: Txid): void {
    this.#view.noteTxid(txid);
  }

  #termOf(epoch: number, signal: AbortSignal): LeaseTerm {
    return { epoch, signal, mayWrite: () => !signal.aborted && this.#view.mayWrite() };
  }

  async #change(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = this.#view.onChange(() => done());
      const done = () => {
        end();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
