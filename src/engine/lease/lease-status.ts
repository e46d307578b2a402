import { leaseMarginMs } from './lease-policy.ts';
import { foreignTtlMs } from './lease-sighting.ts';
import { isBefore, type LeaseMoment, type LeaseSighting, type LeaseState } from './lease-state.ts';

/** Who holds a lease, as its object says. */
export interface LeaseHolder {
  readonly owner: string;
  readonly hostname: string | undefined;
  /** When it can be taken over unless it is renewed until then, by the wall clock of this machine. */
  readonly untilMs: number;
}

/** Where this process stands with a lease. Plain data, so that it can be sent between processes. */
export type LeaseStatus =
  /** Its object was not read yet. */
  | { readonly kind: 'starting'; readonly error?: string | undefined }
  /** Somebody else holds it, or nobody and it could not be taken yet. */
  | { readonly kind: 'standby'; readonly holder: LeaseHolder | undefined; readonly error?: string | undefined }
  | { readonly kind: 'held'; readonly epoch: number; readonly owner: string; readonly deadlineMs: number }
  /** It could not be renewed in time. Nobody is known to have taken it; a renewal that succeeds makes it held again. */
  | { readonly kind: 'lapsed'; readonly epoch: number; readonly owner: string; readonly error?: string | undefined }
  /** Given back, or the keeper has ended. Final. */
  | { readonly kind: 'released' };

export function leaseStatus({ phase, error: failure }: LeaseState, now: LeaseMoment): LeaseStatus {
  const error = failure?.message;
  switch (phase.kind) {
    case 'following':
    case 'acquiring':
      return phase.sighting === undefined ? { kind: 'starting', error } : standby(phase.sighting, error);
    case 'held':
    case 'renewing':
    case 'uncertain': {
      const { epoch, stored, deadline } = phase.hold;
      const { owner } = stored.record;
      if (!isBefore(now, deadline)) return { kind: 'lapsed', epoch, owner, error };
      return { kind: 'held', epoch, owner, deadlineMs: deadline.wallMs };
    }
    case 'releasing':
    case 'released':
      return { kind: 'released' };
  }
}

/** Whether two statuses differ in more than how time goes on. */
export function isSameStatus(a: LeaseStatus, b: LeaseStatus): boolean {
  return JSON.stringify(withoutTimes(a)) === JSON.stringify(withoutTimes(b));
}

function withoutTimes(status: LeaseStatus): unknown {
  const holder = 'holder' in status && status.holder !== undefined ? { ...status.holder, untilMs: 0 } : undefined;
  return { ...status, deadlineMs: 0, holder };
}

function standby({ stored, since }: LeaseSighting, error: string | undefined): LeaseStatus {
  if (stored === undefined || stored.record.owner === '') return { kind: 'standby', holder: undefined, error };
  const { owner, hostname, ttlMs = foreignTtlMs, sharedAt } = stored.record;
  const holder = { owner, hostname, untilMs: since.wallMs + ttlMs + leaseMarginMs(ttlMs) };
  const shared =
    sharedAt && `its database is replicated with others, first by ${owner}, under the lease at ${sharedAt} from here`;
  return { kind: 'standby', holder, error: error ?? shared };
}
