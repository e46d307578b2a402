import { Backoff } from '../../runtime/backoff.ts';

/** After a file or an event, the soonest to copy back and move the mark to 0. */
const soonMs = 100;
/** Where events tell of an application's checkpoint, this long after the last file. */
const calmMs = 10_000;
/** And this long after the mark left 0, as soon as there is a pause. */
const latestMs = 50_000;
const retryLimitMs = 10_000;

/**
 * Decides when a database is settled: its frames copied back and the mark moved to 0, where no checkpoint of an application
 * waits for it. Copying back costs two fsyncs, so a database in which a commit comes now and then is not settled after each.
 */
export class SettleSchedule {
  readonly #backoff = new Backoff({ firstMs: soonMs, limitMs: retryLimitMs });
  #dueMs = 0;
  #unsettledSinceMs: number | undefined;

  /** When to settle next, on the monotonic clock. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** Since when the mark has been at another place than 0. */
  get unsettledSinceMs(): number | undefined {
    return this.#unsettledSinceMs;
  }

  /** To be called after every look, and what followed from it. */
  noteMark(nowMs: number, isZero: boolean): void {
    if (isZero) this.#unsettledSinceMs = undefined;
    else this.#unsettledSinceMs ??= nowMs;
  }

  /** An event came: what it may be of is not copied back before it is in a file. */
  noteChange(nowMs: number): void {
    this.#dueMs = Math.max(this.#dueMs, nowMs + soonMs);
  }

  /** A file has been written. `isCalm`: an application's checkpoint would bring an event. */
  noteFile(nowMs: number, isCalm: boolean): void {
    this.#backoff.reset();
    const soonestMs = nowMs + this.#backoff.next();
    const latestOfAllMs = (this.#unsettledSinceMs ?? nowMs) + latestMs;
    this.#dueMs = isCalm ? Math.max(soonestMs, Math.min(nowMs + calmMs, latestOfAllMs)) : soonestMs;
  }

  /** It was tried, and a reader or writer was in the way. */
  noteRefused(nowMs: number, madeProgress: boolean): void {
    if (madeProgress) this.#backoff.reset();
    this.#dueMs = nowMs + this.#backoff.next();
  }
}
