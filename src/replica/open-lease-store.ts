import { FileLeaseStore } from './file/file-lease-store.ts';
import type { LeaseStore } from './lease/lease-store.ts';
import { type ReplicaServices, s3Services } from './open-replica.ts';
import type { ReplicaLocation } from './replica-location.ts';
import { S3LeaseStore } from './s3/s3-lease-store.ts';

export interface LeaseStoreOptions {
  /** `lock-probe` is an object beside the lease, to try a store's conditional writes on. Default: `lock`. */
  readonly name?: 'lock' | 'lock-probe' | undefined;
  /** Whether calls wait below the ceiling on store calls. Default: `at-once`, as holding a lease needs it. */
  readonly admission?: 'at-once' | 'in-turn' | undefined;
}

/** Makes the lease store of a replica, or of a prefix above replicas, without touching it. The caller closes it. */
export function openLeaseStore(
  location: ReplicaLocation,
  services: ReplicaServices,
  options: LeaseStoreOptions = {},
): LeaseStore {
  if (location.type === 'file') {
    return new FileLeaseStore({ path: location.path, name: options.name ?? 'lock' }, services);
  }
  return new S3LeaseStore(location, s3Services(services), options);
}
