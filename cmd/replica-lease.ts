import type { DatabaseConfig } from '../src/config/normal-config.ts';
import type { LeaseRecord } from '../src/replica/lease/lease-record.ts';
import { locationUrl, type ReplicaLocation } from '../src/replica/replica-location.ts';
import { DurableFiles } from '../src/runtime/durable-files.ts';
import { silentLogger } from '../src/runtime/logger.ts';
import { messageOf } from '../src/runtime/typed-error.ts';
import { isLeased } from '../src/service/lease/is-leased.ts';

/** What the lease object of a replica says. */
export type ReplicaLease =
  /** `untilMs` is by the clock of its holder, and moves on with each renewal. */
  | { readonly kind: 'held'; readonly holder: string; readonly untilMs: number; readonly epoch: number }
  | { readonly kind: 'free'; readonly epoch: number }
  /** Databases of a directory are replicated together, under the lease at `at` from this replica. */
  | { readonly kind: 'shared'; readonly at: string }
  | { readonly kind: 'unreadable'; readonly error: string };

/** Reads lease objects, each one once, however many databases share it. */
export class LeaseReader {
  readonly #reads = new Map<string, Promise<ReplicaLease | undefined>>();

  /** Undefined where no lease is asked for, or nobody ever held it. */
  read(database: DatabaseConfig, replicaIndex: number): Promise<ReplicaLease | undefined> {
    const replica = database.replicas[replicaIndex]!;
    if (!isLeased(database.lease, replica)) return Promise.resolve(undefined);
    const place = database.sharedLease?.places[replicaIndex] ?? replica.location;
    const url = locationUrl(place);
    const reading = this.#reads.get(url) ?? readLease(place);
    this.#reads.set(url, reading);
    return reading;
  }
}

async function readLease(place: ReplicaLocation): Promise<ReplicaLease | undefined> {
  const { openLeaseStore } = await import('../src/replica/open-lease-store.ts');
  const store = openLeaseStore(place, { durableFiles: new DurableFiles(), logger: silentLogger });
  try {
    const stored = await store.read();
    return stored && leaseIn(stored.record);
  } catch (error) {
    return { kind: 'unreadable', error: messageOf(error) };
  } finally {
    await store.close();
  }
}

function leaseIn({ owner, expiresAtMs, generation, sharedAt }: LeaseRecord): ReplicaLease {
  if (sharedAt !== undefined) return { kind: 'shared', at: sharedAt };
  if (owner === '') return { kind: 'free', epoch: generation };
  return { kind: 'held', holder: owner, untilMs: expiresAtMs, epoch: generation };
}
