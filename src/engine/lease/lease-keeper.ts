import type { Txid } from '../../format/ltx/txid.ts';
import type { LeaseStore } from '../../replica/lease/lease-store.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { LeaseMemory } from './lease-memory.ts';
import type { LeaseStatus } from './lease-status.ts';

export interface LeaseKeeperOptions {
  readonly store: LeaseStore;
  /** At least `minLeaseTtlMs`. */
  readonly ttlMs: number;
  /** Who this is, as others read it in the lease object; not empty. */
  readonly owner: string;
  readonly hostname?: string | undefined;
  /** Default: nothing is remembered from one process to the next. */
  readonly memory?: LeaseMemory | undefined;
  /** Which boot of which machine this is; `readMachineIdentity`. Undefined: an own lease is never taken back at once. */
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
export declare class LeaseKeeper {
  /** Throws RangeError for a ttl that cannot be used. */
  constructor(options: LeaseKeeperOptions, services: LeaseKeeperServices);

  get state(): LeaseStatus;

  /** Calls `listener` after each change of the kind, epoch, holder or error of `state`; returns what ends that. */
  onChange(listener: (state: LeaseStatus) => void): () => void;

  /** Whether a mutation may be sent now: the lease is held and neither clock has reached the deadline. */
  mayWrite(): boolean;

  /** Aborts when the lease is lost, given back or past its deadline; each time it is gained there is a new one. */
  get heldSignal(): AbortSignal;

  /** Drives the lease until `signal` aborts or `release` is called. Rejects only when the generations are used up. */
  run(signal: AbortSignal): Promise<void>;

  /**
   * Raises the epoch above `epoch` by a renewal, at once when the lease is held, else with the acquisition; resolves with
   * the new epoch. Rejects when the lease is lost before or `signal` aborts.
   */
  raiseAbove(epoch: number, signal?: AbortSignal): Promise<number>;

  /** What the next renewal says was shipped, for people. */
  noteTxid(txid: Txid): void;

  /** Resolves with the epoch as soon as the lease is held. Rejects when `signal` aborts or the keeper ends. */
  waitHeld(signal: AbortSignal): Promise<number>;

  /** Gives the lease back, so that the next one need not wait; at most `timeoutMs` long (5 s). Final and idempotent. */
  release(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
}
