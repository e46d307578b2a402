import type { StoredLease } from '../../replica/lease/lease-store.ts';
import type { LeasePolicy } from './lease-policy.ts';
import { seeAgain } from './lease-sighting.ts';
import {
  type LeaseAttempt,
  type LeaseHold,
  type LeaseMoment,
  type LeasePhase,
  type LeaseState,
  later,
} from './lease-state.ts';

const longAgo: LeaseMoment = { monotonicMs: Number.NEGATIVE_INFINITY, wallMs: Number.NEGATIVE_INFINITY };

/** What became of a call. `failed`: nobody knows; a write may have happened, or may happen still. */
export type LeaseReply =
  | { readonly kind: 'read'; readonly stored: StoredLease | undefined }
  | { readonly kind: 'written'; readonly tag: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed'; readonly error: Error };

/** The state after the call that `decide` asked for has ended, at `now`. */
export function afterCall(state: LeaseState, reply: LeaseReply, now: LeaseMoment, policy: LeasePolicy): LeaseState {
  const error = reply.kind === 'failed' ? reply.error : undefined;
  if (reply.kind !== 'read') {
    const phase = afterWrite(state, reply, now, policy);
    const epoch = phase.kind === 'held' ? phase.hold.epoch : 0;
    return { ...state, error, phase, newestGeneration: Math.max(state.newestGeneration, epoch) };
  }
  const { stored } = reply;
  const newestGeneration = Math.max(state.newestGeneration, stored?.record.generation ?? 0);
  const seen = { ...state, error, newestGeneration };
  return { ...seen, phase: afterRead(seen, stored, now, policy) };
}

/** The writes of this process, also those thought lost, are known by their nonces. */
function afterRead(
  state: LeaseState,
  stored: StoredLease | undefined,
  now: LeaseMoment,
  policy: LeasePolicy,
): LeasePhase {
  const { phase, attempts } = state;
  const own = stored && attempts.find(({ record }) => record.nonce === stored.record.nonce);
  const isHolder = own !== undefined && own.record.owner !== '';
  if (phase.kind === 'releasing') {
    return isHolder ? { ...phase, stored } : { kind: 'released' };
  }
  if (stored !== undefined && isHolder) return adopt(state, own, stored, now, policy);
  const before = phase.kind === 'following' ? phase.sighting : undefined;
  return { kind: 'following', sighting: seeAgain(before, stored, now), readAtMs: now.monotonicMs + policy.pollMs };
}

/** A write got through although its reply was lost: the lease is held since that was sent. */
function adopt(
  state: LeaseState,
  own: LeaseAttempt,
  stored: StoredLease,
  now: LeaseMoment,
  policy: LeasePolicy,
): LeasePhase {
  const hold = heldSince(own, stored, policy);
  const isKnown = state.phase.kind === 'uncertain' && state.phase.hold.stored.tag === stored.tag;
  const renewAt = isKnown ? later(now, policy.pollMs) : later(own.sentAt, policy.renewMs);
  if (stored.record.generation >= state.newestGeneration) return { kind: 'held', hold, renewAt };
  return { kind: 'held', hold: { ...hold, deadline: longAgo }, renewAt }; // not to write under before it is raised
}

function afterWrite(
  state: LeaseState,
  reply: Exclude<LeaseReply, { kind: 'read' }>,
  now: LeaseMoment,
  policy: LeasePolicy,
): LeasePhase {
  const { phase } = state;
  const retryAtMs = now.monotonicMs + policy.pollMs;
  switch (phase.kind) {
    case 'acquiring':
    case 'renewing': {
      const { attempt } = phase;
      if (reply.kind === 'written') {
        const hold = heldSince(attempt, { record: attempt.record, tag: reply.tag }, policy);
        return { kind: 'held', hold, renewAt: later(attempt.sentAt, policy.renewMs) };
      }
      if (phase.kind === 'acquiring') {
        const sighting = { ...phase.sighting, isCurrent: false };
        const readAtMs = reply.kind === 'refused' ? now.monotonicMs + policy.contentionMs : retryAtMs;
        return { kind: 'following', sighting, readAtMs };
      }
      if (reply.kind === 'refused') return { kind: 'uncertain', hold: phase.hold, readAtMs: now.monotonicMs };
      return { kind: 'held', hold: phase.hold, renewAt: later(now, policy.pollMs) };
    }
    case 'releasing':
      if (reply.kind === 'written') return { kind: 'released' };
      return { ...phase, stored: undefined, readAtMs: reply.kind === 'failed' ? retryAtMs : now.monotonicMs };
    case 'following':
    case 'uncertain':
      return { ...phase, readAtMs: retryAtMs };
    case 'held':
    case 'released':
      return phase;
  }
}

function heldSince({ sentAt }: LeaseAttempt, stored: StoredLease, policy: LeasePolicy): LeaseHold {
  return { epoch: stored.record.generation, stored, deadline: later(sentAt, policy.ttlMs - policy.marginMs) };
}
