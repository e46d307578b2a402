import { randomBytes } from 'node:crypto';
import { leaseMarginMs } from '../../engine/lease/lease-policy.ts';
import { foreignTtlMs } from '../../engine/lease/lease-sighting.ts';
import type { LeaseRecord } from '../../replica/lease/lease-record.ts';
import type { LeaseStore, StoredLease } from '../../replica/lease/lease-store.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ServiceError } from '../service-error.ts';

/** Never: a program that goes by the time alone must not take it for free. */
const endOfTimeMs = Date.UTC(9999, 11, 31);
const tries = 4;

/** The lease that many databases share, and who holds it. */
export interface SharedHolder {
  /** The way there: see `LeaseRecord.sharedAt`. */
  readonly at: string;
  readonly owner: string;
  readonly hostname: string;
  readonly epoch: number;
}

/**
 * The lock object in the path of a database that stands under a shared lease. It only points there, so that a host which is
 * set up for this one database finds out who replicates it.
 */
export class OwnLock {
  readonly #store: LeaseStore;
  readonly #clock: Clock;
  #seen: { readonly tag: string; readonly sinceMs: number } | undefined;

  constructor(store: LeaseStore, { clock }: { readonly clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Whether it points to a shared lease: to that one, to another, or, undefined, nowhere. */
  async pointsTo(options: CallOptions): Promise<string | undefined> {
    return (await this.#store.read(options))?.record.sharedAt;
  }

  /**
   * Points it to a lease that is held. Resolves with the generation that was there before, 0 when there was none: the epoch
   * has to be above it. Throws ServiceError `in-use` while another host replicates this database alone, or under another
   * shared lease.
   */
  async point(to: SharedHolder, options: CallOptions): Promise<number> {
    for (let left = tries; left > 0; left--) {
      const stored = await this.#store.read(options);
      if (stored?.record.sharedAt === to.at) return 0;
      if (stored !== undefined && !this.#isFree(stored)) throw inUse(this.#store.url, stored.record);
      const generation = stored?.record.generation ?? 0;
      const record = pointer(to, Math.max(generation, to.epoch));
      if ((await this.#store.write(record, stored, options)).outcome === 'written') return generation;
    }
    throw new ServiceError('unavailable', `Cannot write ${this.#store.url}: somebody else writes it all the time`);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** Given back, or seen unchanged for as long as its holder may have been without a renewal. */
  #isFree({ tag, record }: StoredLease): boolean {
    if (record.owner === '') return true;
    const nowMs = this.#clock.monotonic();
    if (this.#seen?.tag !== tag) this.#seen = { tag, sinceMs: nowMs };
    const ttlMs = record.ttlMs ?? foreignTtlMs;
    return record.sharedAt === undefined && nowMs - this.#seen.sinceMs > ttlMs + leaseMarginMs(ttlMs);
  }
}

function pointer({ at, owner, hostname }: SharedHolder, generation: number): LeaseRecord {
  return {
    generation,
    owner,
    hostname,
    expiresAtMs: endOfTimeMs,
    ttlMs: undefined,
    nonce: randomBytes(16).toString('hex'),
    txid: undefined,
    sharedAt: at,
  };
}

function inUse(url: string, { owner, sharedAt }: LeaseRecord): ServiceError {
  const by = sharedAt === undefined ? `${owner} holds it` : `it is replicated under the shared lease at ${sharedAt}`;
  return new ServiceError('in-use', `Cannot replicate under a shared lease: the lock of ${url} says that ${by}`, {
    hint: 'stop that host, or give this one another replica path; when no host is left remove that lock',
  });
}
