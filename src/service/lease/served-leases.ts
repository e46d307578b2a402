import { recordOfError } from '../shard/error-record.ts';
import type { LeaseDesk, OpenedLease } from './lease-desk.ts';
import type { FromLeaseKeepers, LeaseNews, ToLeaseKeepers } from './lease-messages.ts';

interface ServedLease {
  readonly lease: OpenedLease;
  readonly stopTelling: () => void;
  term: number;
  heldSignal: AbortSignal | undefined;
}

/** Serves the leases of one shard that runs in another process. */
export class ServedLeases {
  readonly #desk: LeaseDesk;
  readonly #send: (message: FromLeaseKeepers) => void;
  readonly #leases = new Map<number, ServedLease>();
  readonly #gone = new AbortController();

  constructor(desk: LeaseDesk, send: (message: FromLeaseKeepers) => void) {
    this.#desk = desk;
    this.#send = send;
  }

  take(message: ToLeaseKeepers): void {
    const { kind, id } = message;
    if (kind === 'open') {
      void this.#open(message);
      return;
    }
    const served = this.#leases.get(id);
    if (served === undefined) return; // it failed to open, and the shard was told
    if (kind === 'raise') void this.#raise(served.lease, message);
    else if (kind === 'note') served.lease.noteTxid(message.txid);
    else if (kind === 'give-up') served.lease.giveUp();
    else void this.#close(id, served).then(() => this.#send({ kind: 'closed', id }));
  }

  /** To be called when the shard's process has ended: what it held is given back. */
  async end(): Promise<void> {
    this.#gone.abort();
    await Promise.all([...this.#leases].map(([id, served]) => this.#close(id, served)));
  }

  async #open({ id, request }: Extract<ToLeaseKeepers, { kind: 'open' }>): Promise<void> {
    try {
      const lease = await this.#desk.open(request, { signal: this.#gone.signal });
      if (lease === undefined) {
        this.#send({ kind: 'opened', id, news: undefined });
        return;
      }
      const tell = () => this.#send({ kind: 'news', id, news: newsOf(served) });
      const served: ServedLease = { lease, stopTelling: lease.onChange(tell), term: 0, heldSignal: undefined };
      this.#leases.set(id, served);
      this.#send({ kind: 'opened', id, news: newsOf(served) });
      if (this.#gone.signal.aborted) await this.#close(id, served);
    } catch (error) {
      this.#send({ kind: 'failed', id, error: recordOfError(error) });
    }
  }

  async #raise(lease: OpenedLease, { id, call, epoch }: Extract<ToLeaseKeepers, { kind: 'raise' }>): Promise<void> {
    try {
      this.#send({ kind: 'raised', id, call, epoch: await lease.raiseAbove(epoch, this.#gone.signal) });
    } catch (error) {
      this.#send({ kind: 'not-raised', id, call, error: recordOfError(error) });
    }
  }

  async #close(id: number, { lease, stopTelling }: ServedLease): Promise<void> {
    this.#leases.delete(id);
    stopTelling();
    await lease.close();
  }
}

function newsOf(served: ServedLease): LeaseNews {
  const { state, deadline, heldSignal } = served.lease;
  if (state.kind !== 'held' || deadline === undefined) return { state, held: undefined };
  if (served.heldSignal !== heldSignal) {
    served.heldSignal = heldSignal;
    served.term += 1;
  }
  return { state, held: { term: served.term, epoch: state.epoch, deadline } };
}
