import type { CallOptions } from '../../replica/replica-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { errorOfRecord } from '../shard/error-record.ts';
import type { LeaseDesk, LeaseRequest, OpenedLease } from './lease-desk.ts';
import type { FromLeaseKeepers, LeaseNews, ToLeaseKeepers } from './lease-messages.ts';
import { RemoteLease } from './remote-lease.ts';

/** The leases of a shard that the process of the store keeps. */
export class RemoteLeases implements LeaseDesk {
  readonly #send: (message: ToLeaseKeepers) => void;
  readonly #clock: Clock;
  readonly #opening = new Map<number, PromiseSettler>();
  readonly #leases = new Map<number, RemoteLease>();
  #lastId = 0;

  constructor(send: (message: ToLeaseKeepers) => void, { clock }: { readonly clock: Clock }) {
    this.#send = send;
    this.#clock = clock;
  }

  async open(request: LeaseRequest, { signal }: CallOptions): Promise<OpenedLease | undefined> {
    signal?.throwIfAborted();
    this.#lastId += 1;
    const id = this.#lastId;
    const news = await new Promise<LeaseNews | undefined>((resolve, reject) => {
      this.#opening.set(id, { resolve, reject });
      this.#send({ kind: 'open', id, request });
    });
    if (news === undefined) return undefined;
    const lease = new RemoteLease(id, news, { send: this.#send, clock: this.#clock });
    this.#leases.set(id, lease);
    if (!signal?.aborted) return lease;
    await lease.close();
    throw signal.reason;
  }

  take(message: FromLeaseKeepers): void {
    const { id } = message;
    if (message.kind === 'opened') this.#opening.get(id)?.resolve(message.news);
    else if (message.kind === 'failed') this.#opening.get(id)?.reject(errorOfRecord(message.error));
    else this.#leases.get(id)?.take(message);
    if (message.kind === 'opened' || message.kind === 'failed') this.#opening.delete(id);
    if (message.kind === 'closed') this.#leases.delete(id);
  }
}

interface PromiseSettler {
  resolve(news: LeaseNews | undefined): void;
  reject(error: Error): void;
}
