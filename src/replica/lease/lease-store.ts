import type { CallOptions } from '../replica-client.ts';
import type { LeaseRecord } from './lease-record.ts';

/** A lease as it was found in its store. */
export interface StoredLease {
  readonly record: LeaseRecord;
  /** Names this very write of the object: another write gives another one, also of the same record. */
  readonly tag: string;
}

/** `refused`: nothing was written; the object is not what the caller had seen, or another write of it was under way. */
export type LeaseWriteOutcome = { readonly outcome: 'written'; readonly tag: string } | { readonly outcome: 'refused' };

/**
 * One lease object with compare-and-swap. Who holds the lease follows from the order of writes; no call looks at a clock.
 * A call is sent once and never again by the adapter: whether a repetition is safe is known above only. Every adapter runs
 * test/conformance/lease-store.ts. Failures are ReplicaErrors; aborts reject with the signal's reason.
 */
export interface LeaseStore {
  /** Where the object lies, without secrets, for messages. */
  readonly url: string;

  /**
   * The object as it is at some moment during the call; undefined when there is none. An object that is no lease is a
   * ReplicaError `invalid-lease`, which names it.
   */
  read(options?: CallOptions): Promise<StoredLease | undefined>;

  /**
   * Creates the object when `seen` is undefined, else replaces exactly the write that `seen.tag` names; durable when the
   * promise resolves. Of concurrent writes over one `seen` at most one is written. A rejection, also by the signal, leaves
   * the outcome open: the write may have happened, or may happen still.
   */
  write(record: LeaseRecord, seen: StoredLease | undefined, options?: CallOptions): Promise<LeaseWriteOutcome>;

  /** Idempotent. Calls under way end first; later ones reject with a ReplicaError `closed`. */
  close(): Promise<void>;
}
