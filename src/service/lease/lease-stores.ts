import { type ConditionalWrites, probeConditionalWrites } from '../../engine/lease/probe-conditional-writes.ts';
import { FileLeaseStore } from '../../replica/file/file-lease-store.ts';
import type { LeaseStore } from '../../replica/lease/lease-store.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { locationUrl, type ReplicaLocation } from '../../replica/replica-location.ts';
import type { S3ClientPool } from '../../replica/s3/s3-client-pool.ts';
import { S3LeaseStore } from '../../replica/s3/s3-lease-store.ts';
import type { S3Location } from '../../replica/s3/s3-location.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';

/** An object of its own for the probe, which is left there. */
const probeName = 'lock-probe';

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

  /** The caller closes it. */
  open(place: ReplicaLocation): LeaseStore {
    if (place.type === 'file') return new FileLeaseStore({ path: place.path }, this.#services);
    return new S3LeaseStore(place, { pool: this.#services.s3Clients, clock: this.#services.clock });
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
    const { s3Clients: pool, clock, logger } = this.#services;
    const store = new S3LeaseStore(place, { pool, clock }, probeName);
    try {
      const proof = await probeConditionalWrites(store, options);
      if (proof === 'proven')
        logger.info('the store keeps the promise of conditional writes', { store: locationUrl(place) });
      return proof;
    } finally {
      await store.close();
    }
  }
}
