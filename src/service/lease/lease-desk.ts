import type { LeaseView } from '../../engine/lease/lease-view.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { ReplicaLocation } from '../../replica/replica-location.ts';

/** A lease that a database asks for. Plain data, so that it can be sent to the process that keeps it. */
export interface LeaseRequest {
  /** What the lease object lies beside. Databases that name the same place share one lease. */
  readonly place: ReplicaLocation;
  /** What log lines of the lease name: its replica, and the database unless several share it. */
  readonly about: { readonly db?: string | undefined; readonly replica: string };
  readonly ttlMs: number;
  /** Who this is, as others read it in the lease object. Default: host name and process id. */
  readonly owner: string | undefined;
  /** The file where this host notes what it holds, so that its next process can take that back at once. */
  readonly statePath: string;
  /** Whether the local lock of everything the lease guards is held, so that a process which noted something there is dead. */
  readonly isLocked: boolean;
  /** What follows when the store does not keep the promise that leases rely on. */
  readonly whenUnproven: 'refuse' | 'go-without';
}

/** A view of a lease that ends with `close`. */
export interface OpenedLease extends LeaseView {
  /** Lets another host have the lease for a while, unless other databases depend on it. */
  giveUp(): void;
  /** The last one to close a lease gives it back; bounded. */
  close(): Promise<void>;
}

/** Where the databases of a shard get their leases, whichever process keeps them. */
export interface LeaseDesk {
  /**
   * Resolves once the lease is followed, held or not; undefined when the store cannot carry leases and the request says to
   * go without. Throws ServiceError `lease-unproven` when it says to refuse, ReplicaError when the store cannot be asked.
   */
  open(request: LeaseRequest, options: CallOptions): Promise<OpenedLease | undefined>;
}
