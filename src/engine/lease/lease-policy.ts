/** A shorter one leaves no time for a renewal that fails and is tried again. */
export const minLeaseTtlMs = 3_000;

/** How a ttl is spent. */
export interface LeasePolicy {
  readonly ttlMs: number;
  /** A holder stops this long before its ttl is over; others wait this long after it. */
  readonly marginMs: number;
  /** From one renewal to the next. */
  readonly renewMs: number;
  /** From one look of a standby to the next, and from a failed call to the next one. */
  readonly pollMs: number;
  /** From a refused acquisition to the look at who won: soon, but no busy loop where a store refuses all. */
  readonly contentionMs: number;
  /** After this a call counts as failed; what it sent may still arrive. */
  readonly callTimeoutMs: number;
}

/** Throws RangeError for a ttl below the least one. */
export function leasePolicy(ttlMs: number): LeasePolicy {
  if (!(ttlMs >= minLeaseTtlMs))
    throw new RangeError(`Cannot use a lease ttl of ${ttlMs} ms: less than ${minLeaseTtlMs}`);
  const marginMs = leaseMarginMs(ttlMs);
  return {
    ttlMs,
    marginMs,
    renewMs: ttlMs / 3,
    pollMs: Math.min(1_500, ttlMs / 3),
    contentionMs: 100,
    callTimeoutMs: marginMs,
  };
}

export function leaseMarginMs(ttlMs: number): number {
  return Math.max(1_000, ttlMs / 6);
}

/** How long a lease that nobody renews takes to be held by a standby with the same ttl. */
export function takeOverMs(ttlMs: number): number {
  const { marginMs, pollMs, callTimeoutMs } = leasePolicy(ttlMs);
  return ttlMs + marginMs + pollMs + callTimeoutMs;
}
