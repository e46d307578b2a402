import { type ConditionalWrites, probeConditionalWrites } from '../../engine/lease/probe-conditional-writes.ts';
import type { LeaseStore } from '../../replica/lease/lease-store.ts';
import { openLeaseStore } from '../../replica/open-lease-store.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { locationUrl, type ReplicaLocation } from '../../replica/replica-location.ts';
import type { S3ClientPool } from '../../replica/s3/s3-client-pool.ts';
import { faultOf } from '../../replica/s3/s3-error.ts';
import type { S3Location } from '../../replica/s3/s3-location.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';

export interface LeaseStoresServices {
  readonly durableFiles: DurableFiles;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly s3Clients: S3ClientPool;
}

/** Where leases lie, and which stores can carry them. */
export class LeaseStores {
  readonly #services: LeaseStoresServices;
  readonly #proofs = new Map<string, Promise<ConditionalWrites>>();

  constructor(services: LeaseStoresServices) {
    this.#services = services;
  }

  /** For a keeper: its calls wait for nothing. The caller closes it. */
  open(place: ReplicaLocation): LeaseStore {
    return openLeaseStore(place, this.#services);
  }

  /** For what is asked of a lock object once and is no holding of a lease: calls wait their turn. The caller closes it. */
  openInTurn(place: ReplicaLocation): LeaseStore {
    return openLeaseStore(place, this.#services, { admission: 'in-turn' });
  }

  /** Whether the store of a place can carry leases; a bucket is asked once. Throws ReplicaError when it cannot be asked. */
  async prove(place: ReplicaLocation, options: CallOptions): Promise<ConditionalWrites> {
    if (place.type === 'file') return 'proven'; // names that are created and never replaced need no promise of the store
    const bucket = locationUrl({ ...place, path: '' });
    const proving = this.#proofs.get(bucket) ?? this.#probe(place, options);
    this.#proofs.set(bucket, proving);
    try {
      return await proving;
    } catch (error) {
      this.#proofs.delete(bucket);
      throw error;
    }
  }

  async #probe(place: S3Location, options: CallOptions): Promise<ConditionalWrites> {
    const { logger } = this.#services;
    const store = openLeaseStore(place, this.#services, { name: 'lock-probe' });
    try {
      const proof = await probeConditionalWrites(store, options);
      if (proof === 'proven')
        logger.info('the store keeps the promise of conditional writes', { store: locationUrl(place) });
      return proof;
    } catch (error) {
      if (faultOf(error)?.kind !== 'not-implemented') throw error;
      return { reason: 'it has no conditional writes' };
    } finally {
      await store.close();
    }
  }
}
