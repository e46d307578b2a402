import type { StoredLease } from '../../replica/lease/lease-store.ts';
import { type LeasePolicy, leaseMarginMs } from './lease-policy.ts';
import type { LeaseMoment, LeaseSighting, LeaseState } from './lease-state.ts';

/** The ttl of a lease that does not tell its own, as Litestream's. */
export const foreignTtlMs = 30_000;

/** What a read adds: the time of a tag counts from its first sighting, whatever was missed in between. */
export function seeAgain(
  before: LeaseSighting | undefined,
  stored: StoredLease | undefined,
  now: LeaseMoment,
): LeaseSighting {
  const isSame = before !== undefined && before.stored?.tag === stored?.tag;
  return { stored, since: isSame ? before.since : now, isCurrent: true };
}

/**
 * When the lease may be taken, by the monotonic clock: at once (-Infinity), never as things stand (Infinity), or after one
 * and the same tag was seen for its ttl and a margin. The holder has stopped by then, however far its clocks are off:
 * its deadline counts from before the write that this tag names.
 */
export function freeAtMs(
  { stored, since, isCurrent }: LeaseSighting,
  remembered: LeaseState['remembered'],
  policy: LeasePolicy,
): number {
  if (!isCurrent) return Number.POSITIVE_INFINITY;
  if (stored === undefined || stored.record.owner === '' || isOwn(stored, remembered)) return Number.NEGATIVE_INFINITY;
  if (stored.record.sharedAt !== undefined) return Number.POSITIVE_INFINITY;
  const ttlMs = stored.record.ttlMs ?? Math.max(foreignTtlMs, policy.ttlMs);
  return since.monotonicMs + ttlMs + leaseMarginMs(ttlMs);
}

function isOwn({ tag, record }: StoredLease, remembered: LeaseState['remembered']): boolean {
  return remembered !== undefined && remembered.tag === tag && remembered.nonce === record.nonce;
}
