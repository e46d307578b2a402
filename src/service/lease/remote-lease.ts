import { EngineError } from '../../engine/engine-error.ts';
import { isBefore } from '../../engine/lease/lease-state.ts';
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
  #deadlineTimer: NodeJS.Timeout | undefined;
  #lastCall = 0;
  #closed: Promise<void> | undefined;
  #whenClosed: () => void = () => {};

  constructor(
    id: number,
    news: LeaseNews,
    services: { readonly send: (message: ToLeaseKeepers) => void; readonly clock: Clock },
  ) {
    this.#id = id;
    this.#send = services.send;
    this.#clock = services.clock;
    this.#news = news;
    this.#watchDeadline();
  }

  get state(): LeaseStatus {
    return this.#news.state;
  }

  get deadline() {
    return this.#news.held?.deadline;
  }

  get heldSignal(): AbortSignal {
    return this.#held.signal;
  }

  mayWrite(): boolean {
    const { held } = this.#news;
    const now = { monotonicMs: this.#clock.monotonic(), wallMs: this.#clock.now() };
    return held !== undefined && this.#closed === undefined && isBefore(now, held.deadline);
  }

  onChange(listener: (state: LeaseStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  raiseAbove(epoch: number, signal?: AbortSignal): Promise<number> {
    this.#lastCall += 1;
    const call = this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#raises.set(call, { resolve, reject });
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.#send({ kind: 'raise', id: this.#id, call, epoch });
    });
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
      this.#end();
      this.#send({ kind: 'close', id: this.#id });
    });
    return this.#closed;
  }

  take(message: Exclude<FromLeaseKeepers, { kind: 'opened' | 'failed' }>): void {
    if (message.kind === 'closed') this.#whenClosed();
    else if (message.kind === 'news') this.#update(message.news);
    else {
      const raise = this.#raises.get(message.call);
      this.#raises.delete(message.call);
      if (message.kind === 'raised') raise?.resolve(message.epoch);
      else raise?.reject(raiseFailed(message.error.message, errorOfRecord(message.error)));
    }
  }

  #update(news: LeaseNews): void {
    const isSameTerm = news.held !== undefined && news.held.term === this.#news.held?.term;
    if (!isSameTerm) this.#held.abort();
    // News of a renewal that came after the old deadline begin a term too: what relied on the lease has stopped.
    if (news.held !== undefined && this.#held.signal.aborted) this.#held = new AbortController();
    this.#news = news;
    this.#watchDeadline();
    for (const listener of this.#listeners) listener(news.state);
  }

  /** A term whose deadline passes here before news of a renewal arrived is over, whatever they say. */
  #watchDeadline(): void {
    clearTimeout(this.#deadlineTimer);
    const { held } = this.#news;
    if (held === undefined) return;
    const leftMs = held.deadline.monotonicMs - this.#clock.monotonic();
    this.#deadlineTimer = setTimeout(() => {
      if (this.mayWrite())
        this.#watchDeadline(); // timers may be a little early
      else this.#end();
    }, leftMs).unref();
  }

  #end(): void {
    clearTimeout(this.#deadlineTimer);
    this.#held.abort();
  }
}

function raiseFailed(state: string, cause: Error): EngineError {
  return new EngineError('lease-lost', state, { cause });
}
