import type { ConditionalWrites } from '../../engine/lease/probe-conditional-writes.ts';
import { FileLeaseStore } from '../../replica/file/file-lease-store.ts';
import type { LeaseStore } from '../../replica/lease/lease-store.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { ReplicaLocation } from '../../replica/replica-location.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';

/** Where leases lie. */
export class LeaseStores {
  readonly #services: { readonly durableFiles: DurableFiles; readonly logger: Logger };

  constructor(services: { readonly durableFiles: DurableFiles; readonly logger: Logger }) {
    this.#services = services;
  }

  /** Names the lease of a place, without secrets. */
  urlOf(place: ReplicaLocation): string {
    return `file://${place.path}`;
  }

  open(place: ReplicaLocation): LeaseStore {
    return new FileLeaseStore({ path: place.path }, this.#services);
  }

  /** Whether the store of a place can carry leases; asked once for each store. */
  async prove(_place: ReplicaLocation, _options: CallOptions): Promise<ConditionalWrites> {
    return 'proven';
  }
}
