import type { CallOptions } from '../../replica/replica-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ServiceError } from '../service-error.ts';
import { type ErrorRecord, errorOfRecord } from '../shard/error-record.ts';
import type { LeaseDesk, LeaseRequest, OpenedLease } from './lease-desk.ts';
import type { FromLeaseKeepers, LeaseNews, ToLeaseKeepers } from './lease-messages.ts';
import { RemoteLease } from './remote-lease.ts';

interface OpeningLease {
  /** Where news of it go once it is open. */
  opened(lease: RemoteLease | undefined): void;
  failed(error: Error): void;
}

/** The leases of a shard that the process of the store keeps. */
export class RemoteLeases implements LeaseDesk {
  readonly #send: (message: ToLeaseKeepers) => void;
  readonly #clock: Clock;
  readonly #opening = new Map<number, OpeningLease>();
  readonly #leases = new Map<number, RemoteLease>();
  #lastId = 0;
  #isEnded = false;

  constructor(send: (message: ToLeaseKeepers) => void, { clock }: { readonly clock: Clock }) {
    this.#send = send;
    this.#clock = clock;
  }

  /** One that is opened after its caller has given up is closed again. */
  async open(request: LeaseRequest, { signal }: CallOptions): Promise<OpenedLease | undefined> {
    signal?.throwIfAborted();
    if (this.#isEnded) throw keeperEnded();
    this.#lastId += 1;
    const id = this.#lastId;
    const settled = new AbortController();
    try {
      return await new Promise<RemoteLease | undefined>((resolve, reject) => {
        const giveUp = () => {
          this.#opening.set(id, { opened: (lease) => void lease?.close(), failed: () => {} });
          reject(signal?.reason);
        };
        this.#opening.set(id, { opened: resolve, failed: reject });
        signal?.addEventListener('abort', giveUp, { signal: settled.signal });
        this.#send({ kind: 'open', id, request });
      });
    } finally {
      settled.abort();
    }
  }

  /** To be called when the process that keeps the leases has ended: what is held stays so up to its deadline. */
  end(): void {
    this.#isEnded = true;
    for (const { failed } of this.#opening.values()) failed(keeperEnded());
    for (const lease of this.#leases.values()) lease.orphan();
  }

  take(message: FromLeaseKeepers): void {
    const { id } = message;
    const opening = this.#opening.get(id);
    if (message.kind === 'opened') opening?.opened(this.#opened(id, message.news));
    else if (message.kind === 'failed') opening?.failed(openingFailed(message.error));
    else this.#leases.get(id)?.take(message);
    if (message.kind === 'opened' || message.kind === 'failed') this.#opening.delete(id);
    if (message.kind === 'closed') this.#leases.delete(id);
  }

  /** News that follow at once find it here. */
  #opened(id: number, news: LeaseNews | undefined): RemoteLease | undefined {
    if (news === undefined) return undefined;
    const lease = RemoteLease.open(id, news, { send: this.#send, clock: this.#clock });
    this.#leases.set(id, lease);
    return lease;
  }
}

function keeperEnded(): ServiceError {
  return new ServiceError('stopped', 'Cannot ask for a lease: the process that keeps the leases has ended');
}

/** What is final must be known as such here too. */
function openingFailed(record: ErrorRecord): ServiceError {
  const error = errorOfRecord(record);
  if (record.code !== 'lease-unproven') return error;
  return new ServiceError('lease-unproven', record.message, { hint: record.hint, cause: error });
}
