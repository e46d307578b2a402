import { EngineError } from '../../engine/engine-error.ts';
import { isBefore, type LeaseMoment } from '../../engine/lease/lease-state.ts';
import type { LeaseStatus } from '../../engine/lease/lease-status.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { Clock } from '../../runtime/clock.ts';
import { errorOfRecord } from '../shard/error-record.ts';
import type { OpenedLease } from './lease-desk.ts';
import type { FromLeaseKeepers, LeaseNews, ToLeaseKeepers } from './lease-messages.ts';

interface RaiseCall {
  resolve(epoch: number): void;
  reject(error: Error): void;
}

/** A lease that another process of this machine keeps: what that one told last, and the clocks, say whether it is held. */
export class RemoteLease implements OpenedLease {
  readonly #id: number;
  readonly #send: (message: ToLeaseKeepers) => void;
  readonly #clock: Clock;
  readonly #listeners = new Set<(state: LeaseStatus) => void>();
  readonly #raises = new Map<number, RaiseCall>();
  #news: LeaseNews;
  #held = new AbortController();
  #deadlineWatch = new AbortController();
  #lastCall = 0;
  #closed: Promise<void> | undefined;
  #whenClosed: () => void = () => {};
  #isOrphan = false;

  /** Begins to watch the deadline. */
  static open(
    id: number,
    news: LeaseNews,
    services: { readonly send: (message: ToLeaseKeepers) => void; readonly clock: Clock },
  ): RemoteLease {
    const lease = new RemoteLease(id, news, services);
    lease.#update(news);
    return lease;
  }

  private constructor(
    id: number,
    news: LeaseNews,
    services: { readonly send: (message: ToLeaseKeepers) => void; readonly clock: Clock },
  ) {
    this.#id = id;
    this.#send = services.send;
    this.#clock = services.clock;
    this.#news = news;
  }

  get state(): LeaseStatus {
    const { state, held } = this.#news;
    if (state.kind !== 'held' || held === undefined || this.#isBefore(held.deadline)) return state;
    return { kind: 'lapsed', epoch: held.epoch, owner: state.owner };
  }

  get deadline(): LeaseMoment | undefined {
    return this.state.kind === 'held' ? this.#news.held?.deadline : undefined;
  }

  get heldSignal(): AbortSignal {
    return this.#held.signal;
  }

  mayWrite(): boolean {
    const { held } = this.#news;
    return held !== undefined && this.#closed === undefined && this.#isBefore(held.deadline);
  }

  onChange(listener: (state: LeaseStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async raiseAbove(epoch: number, signal?: AbortSignal): Promise<number> {
    signal?.throwIfAborted();
    if (this.#closed !== undefined || this.#isOrphan) throw notRaised(this.#isOrphan);
    this.#lastCall += 1;
    const call = this.#lastCall;
    const answered = new AbortController();
    try {
      return await new Promise((resolve, reject) => {
        this.#raises.set(call, { resolve, reject });
        signal?.addEventListener('abort', () => reject(signal.reason), { signal: answered.signal });
        this.#send({ kind: 'raise', id: this.#id, call, epoch });
      });
    } finally {
      answered.abort();
      this.#raises.delete(call);
    }
  }

  noteTxid(txid: Txid): void {
    this.#send({ kind: 'note', id: this.#id, txid });
  }

  giveUp(): void {
    this.#send({ kind: 'give-up', id: this.#id });
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#whenClosed = resolve;
      this.#deadlineWatch.abort();
      this.#held.abort();
      this.#rejectRaises();
      if (this.#isOrphan) resolve();
      else this.#send({ kind: 'close', id: this.#id });
    });
    return this.#closed;
  }

  /** Nobody keeps it any more: it may be used up to its deadline, and there is nobody to give it back to. */
  orphan(): void {
    this.#isOrphan = true;
    this.#rejectRaises();
    this.#whenClosed();
  }

  take(message: Exclude<FromLeaseKeepers, { kind: 'opened' | 'failed' }>): void {
    if (message.kind === 'closed') this.#whenClosed();
    else if (this.#closed !== undefined) return;
    else if (message.kind === 'news') this.#update(message.news);
    else {
      const raise = this.#raises.get(message.call);
      if (message.kind === 'raised') raise?.resolve(message.epoch);
      else raise?.reject(raiseFailed(message.error.message, errorOfRecord(message.error)));
    }
  }

  #rejectRaises(): void {
    for (const { reject } of this.#raises.values()) reject(notRaised(this.#isOrphan));
  }

  #update(news: LeaseNews): void {
    const isSameTerm = news.held !== undefined && news.held.term === this.#news.held?.term;
    if (!isSameTerm) this.#held.abort();
    // News of a renewal that came after the old deadline begin a term too: what relied on the lease has stopped.
    if (news.held !== undefined && this.#held.signal.aborted) this.#held = new AbortController();
    this.#news = news;
    void this.#watchDeadline();
    this.#tell();
  }

  /** A term whose deadline passes here before news of a renewal arrived is over, whatever they say. */
  async #watchDeadline(): Promise<void> {
    this.#deadlineWatch.abort();
    const { held } = this.#news;
    if (held === undefined) return;
    const watch = new AbortController();
    this.#deadlineWatch = watch;
    const leftMs = () => held.deadline.monotonicMs - this.#clock.monotonic();
    while (leftMs() > 0 && !watch.signal.aborted) await this.#clock.sleep(leftMs(), watch.signal);
    if (watch.signal.aborted) return;
    this.#held.abort();
    this.#tell();
  }

  #isBefore(deadline: LeaseMoment): boolean {
    return isBefore({ monotonicMs: this.#clock.monotonic(), wallMs: this.#clock.now() }, deadline);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener(this.state);
  }
}

function raiseFailed(state: string, cause: Error): EngineError {
  return new EngineError('lease-lost', state, { cause });
}

function notRaised(isOrphan: boolean): EngineError {
  const state = isOrphan ? 'the process that keeps it has ended' : 'it is given back';
  return new EngineError('lease-lost', `Cannot raise the epoch of a lease: ${state}`);
}
