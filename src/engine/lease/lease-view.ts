import type { Txid } from '../../format/ltx/txid.ts';
import type { LeaseMoment } from './lease-state.ts';
import type { LeaseStatus } from './lease-status.ts';

/** A lease as those see it who depend on it, whichever process keeps it. */
export interface LeaseView {
  readonly state: LeaseStatus;
  /** Aborts when the lease is lost, given back or past its deadline; each time it is gained there is a new one. */
  readonly heldSignal: AbortSignal;
  /** Whether a mutation may be sent now: the lease is held and neither clock has reached the deadline. */
  mayWrite(): boolean;
  /** Until when, unless it is renewed; undefined while it is not held. */
  readonly deadline: LeaseMoment | undefined;
  /** Calls `listener` after each change, renewals included; returns what ends that. */
  onChange(listener: (state: LeaseStatus) => void): () => void;
  /** Raises the epoch above `epoch` by a renewal; resolves with the new one. Rejects when the lease is lost before. */
  raiseAbove(epoch: number, signal?: AbortSignal): Promise<number>;
  /** What the next renewal says was shipped, for people. */
  noteTxid(txid: Txid): void;
}
