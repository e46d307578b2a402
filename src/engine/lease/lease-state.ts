import type { LeaseRecord } from '../../replica/lease/lease-record.ts';
import type { StoredLease } from '../../replica/lease/lease-store.ts';

/** One moment by both clocks of this machine. */
export interface LeaseMoment {
  /** Never goes back; stands still while the machine is suspended. */
  readonly monotonicMs: number;
  /** May jump. */
  readonly wallMs: number;
}

/** The moment `ms` after another, if neither clock jumps. */
export function later({ monotonicMs, wallMs }: LeaseMoment, ms: number): LeaseMoment {
  return { monotonicMs: monotonicMs + ms, wallMs: wallMs + ms };
}

/** Whether neither clock has reached `end`. */
export function isBefore(now: LeaseMoment, end: LeaseMoment): boolean {
  return now.monotonicMs < end.monotonicMs && now.wallMs < end.wallMs;
}

/** A write that was sent and may have arrived, or may arrive still. */
export interface LeaseAttempt {
  readonly record: LeaseRecord;
  readonly sentAt: LeaseMoment;
}

/** The lease as this process has it. */
export interface LeaseHold {
  readonly epoch: number;
  /** What the next write has to replace. */
  readonly stored: StoredLease;
  /** Nothing may be written once either clock has reached it: ttl - margin after the last renewal that succeeded was sent. */
  readonly deadline: LeaseMoment;
}

/** The lease object as a standby sees it. */
export interface LeaseSighting {
  /** Undefined when there is no object. */
  readonly stored: StoredLease | undefined;
  /** When the reply arrived that showed this very tag for the first time. */
  readonly since: LeaseMoment;
  /** False once a write of ours may have replaced it: read before anything else. */
  readonly isCurrent: boolean;
}

export type LeasePhase =
  /** Not held: looking at it every poll interval. */
  | { readonly kind: 'following'; readonly sighting: LeaseSighting | undefined; readonly readAtMs: number }
  /** A write that takes the lease is under way. */
  | { readonly kind: 'acquiring'; readonly sighting: LeaseSighting; readonly attempt: LeaseAttempt }
  /** The next renewal is due once either clock has reached its time: a suspended machine's monotonic clock is late. */
  | { readonly kind: 'held'; readonly hold: LeaseHold; readonly renewAt: LeaseMoment }
  | { readonly kind: 'renewing'; readonly hold: LeaseHold; readonly attempt: LeaseAttempt }
  /** A renewal was refused: our own earlier attempt got through, or somebody else has the lease. Read to know. */
  | { readonly kind: 'uncertain'; readonly hold: LeaseHold; readonly readAtMs: number }
  /** Giving it back by a write over `stored`; undefined: read first what stands there. */
  | { readonly kind: 'releasing'; readonly stored: StoredLease | undefined; readonly readAtMs: number }
  | { readonly kind: 'released' };

export interface LeaseState {
  readonly phase: LeasePhase;
  /** The newest writes of this process, whose nonces are known as its own; oldest first. */
  readonly attempts: readonly LeaseAttempt[];
  /** The highest generation seen in the object or held. */
  readonly newestGeneration: number;
  /** The epoch is raised above this by the next write. */
  readonly raiseAbove: number;
  /** The last write of the process before this one, while it may be taken back at once. */
  readonly remembered: { readonly tag: string; readonly nonce: string } | undefined;
  /** Why the last call failed; undefined after one that did not. */
  readonly error: Error | undefined;
}
