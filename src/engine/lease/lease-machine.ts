import { type LeaseRecord, maxGeneration } from '../../replica/lease/lease-record.ts';
import type { StoredLease } from '../../replica/lease/lease-store.ts';
import { EngineError } from '../engine-error.ts';
import type { LeasePolicy } from './lease-policy.ts';
import { freeAtMs } from './lease-sighting.ts';
import { isBefore, type LeaseAttempt, type LeaseMoment, type LeasePhase, type LeaseState } from './lease-state.ts';

/** As many writes are known as this process's own; one older than these has been refused long since. */
const attemptLimit = 16;

/** What a decision depends on besides the state. */
export interface LeaseInput {
  readonly now: LeaseMoment;
  /** Random and never used before: the next write carries it. */
  readonly nonce: string;
  readonly policy: LeasePolicy;
  readonly identity: Pick<LeaseRecord, 'owner' | 'hostname' | 'txid'>;
  /** An acquisition's epoch is above this. */
  readonly epochFloor: number;
}

/** What is to be done now. A call ends with `afterCall`, and nothing is decided before. */
export type LeaseAction =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly record: LeaseRecord; readonly seen: StoredLease | undefined }
  | { readonly kind: 'end' };

export interface LeaseDecision {
  readonly state: LeaseState;
  readonly action: LeaseAction;
}

export interface LeaseStart {
  /** The highest epoch this database was ever active under here, as far as it is known. */
  readonly lastEpoch?: number | undefined;
  /** The last write of a process of this machine that is known to be dead. */
  readonly remembered?: LeaseState['remembered'];
}

export function initialLease({ lastEpoch, remembered }: LeaseStart = {}): LeaseState {
  return {
    phase: { kind: 'following', sighting: undefined, readAtMs: Number.NEGATIVE_INFINITY },
    attempts: [],
    newestGeneration: lastEpoch ?? 0,
    raiseAbove: 0,
    remembered,
    error: undefined,
  };
}

/** Whether a mutation may be sent: the lease is held, nothing contradicts it, and neither clock has reached the deadline. */
export function mayWrite({ phase }: LeaseState, now: LeaseMoment): boolean {
  return (phase.kind === 'held' || phase.kind === 'renewing') && isBefore(now, phase.hold.deadline);
}

/** Asks for an epoch above `epoch`: by a renewal at once when the lease is held, else with the acquisition. */
export function askToRaise(state: LeaseState, epoch: number): LeaseState {
  return { ...state, raiseAbove: Math.max(state.raiseAbove, epoch) };
}

/** Asks for the lease to be given back. To be called while no call is under way. */
export function askToRelease(state: LeaseState): LeaseState {
  const { phase } = state;
  const readAtMs = Number.NEGATIVE_INFINITY;
  if (phase.kind === 'held') return { ...state, phase: { kind: 'releasing', stored: phase.hold.stored, readAtMs } };
  const isOpen = phase.kind === 'uncertain' || (phase.kind === 'following' && phase.sighting?.isCurrent === false);
  return { ...state, phase: isOpen ? { kind: 'releasing', stored: undefined, readAtMs } : { kind: 'released' } };
}

/** What to do now, and the state that goes with it. Throws EngineError when the generations are used up. */
export function decide(state: LeaseState, input: LeaseInput): LeaseDecision {
  const { phase } = state;
  switch (phase.kind) {
    case 'following':
      return decideToTake(state, phase, input);
    case 'held':
      return decideToRenew(state, phase, input);
    case 'uncertain':
      return { state, action: readAt(phase.readAtMs, input.now) };
    case 'releasing': {
      if (phase.stored === undefined) return { state, action: readAt(phase.readAtMs, input.now) };
      const { record } = makeAttempt(phase.stored.record.generation, input);
      const attempt = { record: { ...record, owner: '', expiresAtMs: input.now.wallMs }, sentAt: input.now };
      return write(state, phase, attempt, phase.stored);
    }
    case 'released':
      return { state, action: { kind: 'end' } };
    case 'acquiring':
    case 'renewing':
      throw new Error(`Cannot decide about a lease: its ${phase.kind} is under way`);
  }
}

function decideToTake(
  state: LeaseState,
  { sighting, readAtMs }: Extract<LeasePhase, { kind: 'following' }>,
  input: LeaseInput,
): LeaseDecision {
  if (sighting === undefined) return { state, action: readAt(readAtMs, input.now) };
  const freeMs = freeAtMs(sighting, state.remembered, input.policy);
  if (input.now.monotonicMs >= freeMs) {
    const floor = Math.max(state.newestGeneration, state.raiseAbove, input.epochFloor);
    const attempt = makeAttempt(floor + 1, input);
    return write(state, { kind: 'acquiring', sighting, attempt }, attempt, sighting.stored);
  }
  const action = readAt(readAtMs, input.now);
  if (action.kind === 'read') return { state, action };
  return { state, action: { kind: 'wait', ms: Math.min(action.ms, freeMs - input.now.monotonicMs) } };
}

function decideToRenew(
  state: LeaseState,
  { hold, renewAt }: Extract<LeasePhase, { kind: 'held' }>,
  input: LeaseInput,
): LeaseDecision {
  const newest = state.newestGeneration > hold.epoch ? state.newestGeneration : 0; // another's, seen before this one
  const floor = Math.max(newest, state.raiseAbove);
  if (hold.epoch > floor && isBefore(input.now, renewAt)) {
    return { state, action: { kind: 'wait', ms: renewAt.monotonicMs - input.now.monotonicMs } };
  }
  const attempt = makeAttempt(Math.max(hold.epoch, floor + 1), input);
  return write(state, { kind: 'renewing', hold, attempt }, attempt, hold.stored);
}

function readAt(atMs: number, now: LeaseMoment): Extract<LeaseAction, { kind: 'read' | 'wait' }> {
  const ms = atMs - now.monotonicMs;
  return ms > 0 ? { kind: 'wait', ms } : { kind: 'read' };
}

function write(
  state: LeaseState,
  phase: LeasePhase,
  attempt: LeaseAttempt,
  seen: StoredLease | undefined,
): LeaseDecision {
  const attempts = [...state.attempts, attempt].slice(-attemptLimit);
  return { state: { ...state, phase, attempts }, action: { kind: 'write', record: attempt.record, seen } };
}

function makeAttempt(generation: number, { now, nonce, policy, identity }: LeaseInput): LeaseAttempt {
  if (generation > maxGeneration) {
    throw new EngineError('state-invalid', `Cannot take the lease: its generation has reached ${maxGeneration}`, {
      hint: 'give the replica another path',
    });
  }
  const { owner, hostname, txid } = identity;
  const { ttlMs } = policy;
  const expiresAtMs = now.wallMs + ttlMs;
  return { record: { generation, owner, hostname, txid, ttlMs, nonce, expiresAtMs, sharedAt: undefined }, sentAt: now };
}
