import { randomBytes } from 'node:crypto';
import type { Txid } from '../../format/ltx/txid.ts';
import type { LeaseStore } from '../../replica/lease/lease-store.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { Wakeup } from '../../runtime/wakeup.ts';
import { EngineError } from '../engine-error.ts';
import { announceLease } from './announce-lease.ts';
import { callStore } from './call-store.ts';
import { HeldLease } from './held-lease.ts';
import { askToRaise, askToRelease, decide, initialLease, type LeaseInput, mayWrite } from './lease-machine.ts';
import type { LeaseMemory } from './lease-memory.ts';
import { type LeasePolicy, leasePolicy } from './lease-policy.ts';
import { afterCall, type LeaseReply } from './lease-reply.ts';
import type { LeaseMoment, LeaseState } from './lease-state.ts';
import { isSameStatus, type LeaseStatus, leaseStatus } from './lease-status.ts';
import type { LeaseView } from './lease-view.ts';
import { Waiters } from './waiters.ts';

const releaseTimeoutMs = 5_000;

export interface LeaseKeeperOptions {
  readonly store: LeaseStore;
  /** At least `minLeaseTtlMs`. */
  readonly ttlMs: number;
  /** Who this is, as others read it in the lease object; not empty. */
  readonly owner: string;
  readonly hostname?: string | undefined;
  /** Default: nothing is remembered from one process to the next. */
  readonly memory?: LeaseMemory | undefined;
  /** Which boot of which machine this is, from `readMachineIdentity`. Undefined: its own lease is never taken back at once. */
  readonly machine?: string | undefined;
  /**
   * The caller's word that it holds the local lock of everything this lease guards, so that the process which made the
   * note in `memory` is dead. Default: false.
   */
  readonly holdsLocalLock?: boolean | undefined;
  /** An acquisition's epoch is above this; asked right before each. Default: 0. */
  readonly epochFloor?: (() => number) | undefined;
}

export interface LeaseKeeperServices {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Gets one lease, holds it as long as it can, follows it while somebody else has it. Losing it is no failure: the keeper
 * goes on as a standby and takes it again when it is free.
 */
export class LeaseKeeper implements LeaseView {
  readonly #options: LeaseKeeperOptions;
  readonly #policy: LeasePolicy;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #wakeup: Wakeup;
  readonly #held: HeldLease;
  readonly #stopped = new AbortController();
  readonly #listeners = new Set<(status: LeaseStatus) => void>();
  readonly #waiters = new Waiters();
  #state: LeaseState = initialLease();
  #status: LeaseStatus = { kind: 'starting' };
  #toldDeadline: LeaseMoment | undefined;
  #txid: Txid | undefined;
  #running: Promise<void> | undefined;
  #releasing: Promise<void> | undefined;
  #hasEnded = false;
  #holdsLocalLock: boolean;
  /** What the process before this one wrote last, on this boot of this machine. */
  #notedWrite: LeaseState['remembered'];

  /** Throws RangeError for a ttl that cannot be used. */
  constructor(options: LeaseKeeperOptions, { clock, logger }: LeaseKeeperServices) {
    this.#options = options;
    this.#policy = leasePolicy(options.ttlMs);
    this.#holdsLocalLock = options.holdsLocalLock === true;
    this.#clock = clock;
    this.#logger = logger.child({ lease: options.store.url });
    this.#wakeup = new Wakeup(clock);
    this.#held = new HeldLease(clock, this.#policy.marginMs, () => this.#notice());
  }

  get state(): LeaseStatus {
    return this.#hasEnded ? { kind: 'released' } : leaseStatus(this.#state, this.#now());
  }

  /** Whether a mutation may be sent now: the lease is held and neither clock has reached the deadline. */
  mayWrite(): boolean {
    return !this.#hasEnded && mayWrite(this.#state, this.#now());
  }

  /** Aborts when the lease is lost, given back or past its deadline; there is a new one each time it is gained. */
  get heldSignal(): AbortSignal {
    return this.#held.signal;
  }

  /** Until when the lease is held unless it is renewed; undefined while it is not. */
  get deadline(): LeaseMoment | undefined {
    return this.state.kind === 'held' ? holdOf(this.#state)?.deadline : undefined;
  }

  /** Calls `listener` after each renewal and each change of kind, epoch, holder or error; returns what ends that. */
  onChange(listener: (status: LeaseStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What the next renewal says was shipped, for people. */
  noteTxid(txid: Txid): void {
    this.#txid = txid;
  }

  /** The local lock is held by now: see `holdsLocalLock`. */
  trustLocalLock(): void {
    if (this.#holdsLocalLock) return;
    this.#holdsLocalLock = true;
    this.#state = { ...this.#state, remembered: this.#notedWrite };
    this.#wakeup.poke();
  }

  /** Drives the lease until `signal` aborts or `release` is called. Once. Rejects only when the generations are used up. */
  run(signal: AbortSignal): Promise<void> {
    this.#running ??= this.#run(signal);
    return this.#running;
  }

  /** Resolves with the epoch as soon as the lease is held. Rejects when `signal` aborts or the keeper ends. */
  waitHeld(signal: AbortSignal): Promise<number> {
    return this.#waiters.until(() => this.#writableEpoch(), signal);
  }

  /**
   * Raises the epoch above `epoch` by a renewal, at once when the lease is held, else with the acquisition; resolves with
   * the new epoch. Rejects with EngineError `lease-lost` when the lease goes to another before, or the keeper ends.
   */
  raiseAbove(epoch: number, signal?: AbortSignal): Promise<number> {
    this.#state = askToRaise(this.#state, epoch);
    this.#wakeup.poke();
    const wasHeld = this.#held.isHeld;
    return this.#waiters.until(() => {
      const raised = this.#writableEpoch();
      if (raised !== undefined && raised > epoch) return raised;
      if (wasHeld && this.#state.phase.kind === 'following') throw this.#lost('it went to another process');
      return undefined;
    }, signal);
  }

  /**
   * Gives the lease back, so that the next one need not wait; at most `timeoutMs` long (5 s). Nothing may be written from the
   * call on. Final and idempotent; never rejects.
   */
  release({ timeoutMs = releaseTimeoutMs }: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    this.#releasing ??= this.#release(timeoutMs);
    return this.#releasing;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const stop = () => this.#stopped.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      this.#state = { ...(await this.#start()), raiseAbove: this.#state.raiseAbove };
      await this.#drive(this.#stopped.signal);
    } finally {
      signal.removeEventListener('abort', stop);
      this.#end();
    }
  }

  async #start(): Promise<LeaseState> {
    const { memory, machine } = this.#options;
    const noted = await memory?.load().catch((error: unknown) => {
      this.#logger.warn('the note of the lease cannot be read', { error });
      return undefined;
    });
    this.#notedWrite = machine !== undefined && noted?.machine === machine ? noted.write : undefined;
    return initialLease({ lastEpoch: noted?.epoch, remembered: this.#holdsLocalLock ? this.#notedWrite : undefined });
  }

  async #drive(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { state, action } = decide(this.#state, this.#input());
      if (action.kind === 'end') return;
      this.#enter(state);
      if (action.kind === 'wait') {
        await this.#wakeup.wait(Math.min(action.ms, this.#policy.marginMs), signal);
        this.#notice();
        continue;
      }
      const limits = { timeoutMs: this.#policy.callTimeoutMs, signal };
      await this.#learn(await callStore(this.#options.store, action, limits, this.#clock));
    }
  }

  /** An epoch is on disk before anything is written under it. */
  async #learn(reply: LeaseReply): Promise<void> {
    const now = this.#now();
    const before = holdOf(this.#state);
    const hold = holdOf(afterCall(this.#state, reply, now, this.#policy));
    const isNew = hold !== undefined && hold.epoch !== before?.epoch;
    if (isNew) await this.#remember(hold.epoch, hold.stored);
    this.#enter(afterCall(this.#state, reply, now, this.#policy));
    if (!isNew && hold !== undefined && hold.stored.tag !== before?.stored.tag) {
      await this.#remember(hold.epoch, hold.stored);
    }
  }

  /** A note that cannot be made costs the next start a wait. */
  async #remember(epoch: number, stored?: { tag: string; record: { nonce: string } }): Promise<void> {
    const write = stored && { tag: stored.tag, nonce: stored.record.nonce };
    try {
      await this.#options.memory?.save({ epoch, write, machine: this.#options.machine ?? '' });
    } catch (error) {
      this.#logger.warn('the lease cannot be noted, a restart will have to wait for it', { error });
    }
  }

  async #release(timeoutMs: number): Promise<void> {
    this.#end();
    this.#stopped.abort();
    await this.#running?.catch(() => {});
    const { epoch } = holdOf(this.#state) ?? {};
    this.#state = askToRelease(this.#state);
    const limit = new AbortController();
    const done = new AbortController();
    const limiting = this.#clock.sleep(timeoutMs, done.signal).then(() => limit.abort());
    await this.#drive(limit.signal);
    done.abort();
    await limiting;
    if (this.#state.phase.kind !== 'released') {
      this.#logger.warn('lease not given back in time, it ends by itself', { error: this.#state.error });
    } else if (epoch !== undefined) {
      await this.#remember(epoch);
      this.#logger.info('lease given back', { epoch });
    }
  }

  #end(): void {
    this.#hasEnded = true;
    this.#held.lose(this.#lost('it is given back'));
    this.#notice();
  }

  #enter(state: LeaseState): void {
    this.#state = state;
    this.#notice();
  }

  /** Tells everybody what has changed since the last time, also by time alone. */
  #notice(): void {
    const status = this.state;
    const hold = holdOf(this.#state);
    if (status.kind === 'held' && hold !== undefined) this.#held.keep(hold.deadline);
    else this.#held.lose(this.#lost(status.kind === 'lapsed' ? 'it was not renewed in time' : 'somebody else has it'));
    const before = this.#status;
    const { deadline } = this;
    const isRenewed = deadline !== this.#toldDeadline;
    this.#status = status;
    this.#toldDeadline = deadline;
    this.#waiters.wake();
    const isSame = isSameStatus(before, status);
    if (!isSame) announceLease(before, status, this.#logger);
    if (isSame && !isRenewed) return;
    for (const listener of [...this.#listeners]) listener(status);
  }

  #writableEpoch(): number | undefined {
    if (this.#hasEnded) throw this.#lost('its keeper has ended');
    return this.mayWrite() ? holdOf(this.#state)?.epoch : undefined;
  }

  #lost(state: string): EngineError {
    return new EngineError('lease-lost', `Cannot use lease ${this.#options.store.url}: ${state}`);
  }

  #now(): LeaseMoment {
    return { monotonicMs: this.#clock.monotonic(), wallMs: this.#clock.now() };
  }

  #input(): LeaseInput {
    const { owner, hostname, epochFloor } = this.#options;
    const identity = { owner, hostname, txid: this.#txid };
    const nonce = randomBytes(16).toString('hex');
    return { now: this.#now(), nonce, policy: this.#policy, identity, epochFloor: epochFloor?.() ?? 0 };
  }
}

function holdOf({ phase }: LeaseState) {
  return 'hold' in phase ? phase.hold : undefined;
}
