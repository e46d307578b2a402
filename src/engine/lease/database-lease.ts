import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { LeaseStatus } from './lease-status.ts';

/** One stretch of holding a lease, from acquiring it to losing it. */
export interface LeaseTerm {
  /** What files sent in this term are stamped with. */
  readonly epoch: number;
  /** Aborts when the lease is lost, at the latest at its deadline. */
  readonly signal: AbortSignal;
  /** Whether the lease is held by both clocks. To be asked right before each write: a signal may come late. */
  mayWrite(): boolean;
}

/** The lease that a replica of one database stands under, which other databases may share. */
export interface DatabaseLease {
  /** The present term; undefined while the lease is not held. */
  readonly term: LeaseTerm | undefined;
  /** Resolves when the lease is held in another term than `previous`; rejects when the signal aborts. */
  nextTerm(previous: LeaseTerm | undefined, options: CallOptions): Promise<LeaseTerm>;
  /** The same term under an epoch above `epoch`: for a database whose files have a higher one than the lease. */
  raiseAbove(term: LeaseTerm, epoch: number, options: CallOptions): Promise<LeaseTerm>;
  /** Lets another host have the lease: this one cannot go on with the database. Shared leases are kept. */
  giveUp(term: LeaseTerm): void;
  /** For whoever looks at the lease. */
  noteTxid(txid: Txid): void;
  readonly status: LeaseStatus;
}
