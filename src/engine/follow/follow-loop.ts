import { fileError } from '../../replica/file/file-error.ts';
import type { ReplicaError } from '../../replica/replica-error.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Wakeup } from '../../runtime/wakeup.ts';
import { LiveError } from '../../sqlite/live-error.ts';
import type { DatabaseCounters } from '../database-counters.ts';
import type { DatabaseSettings } from '../database-settings.ts';
import { EngineError } from '../engine-error.ts';
import type { LineageHead } from '../lineage-head.ts';
import type { Attachment } from './attachment.ts';
import { CheckpointSchedule, type UnsettledWal } from './checkpoint-schedule.ts';
import type { FileChange } from './file-change.ts';
import { FileRequests } from './file-requests.ts';
import type { FollowEvents } from './follow-events.ts';
import { sinceLastChangeMs } from './last-change.ts';
import { LookSchedule } from './look-schedule.ts';
import { PlaceSchedule } from './place-schedule.ts';
import { SettleSchedule } from './settle-schedule.ts';

const busyMs = 10;
/** A database at rest is looked at so long after a first event. */
const gatherMs = 2;

/** Drives one attachment: decides when to copy, to write a file, to checkpoint and to rest. */
export class FollowLoop {
  readonly #attachment: Attachment;
  readonly #settings: DatabaseSettings;
  readonly #events: FollowEvents;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #counters: DatabaseCounters;
  readonly #wakeup: Wakeup;
  readonly #schedule: LookSchedule;
  readonly #settling = new SettleSchedule();
  readonly #place = new PlaceSchedule();
  readonly #checkpoints: CheckpointSchedule;
  readonly #retryBackoff = new Backoff({ firstMs: 100, limitMs: 10_000 });
  #watched = false;
  #wasNotified = true;
  #lastFileMs = Number.NEGATIVE_INFINITY;
  #lastFileTookMs = 0;
  #retryAtMs = 0;
  #sawFrames = false;
  #isAtRest = false;
  #restSinceMs: number;
  #fileError: Error | undefined;
  readonly #requests = new FileRequests();
  #failure: Error | undefined;

  constructor(
    attachment: Attachment,
    settings: DatabaseSettings,
    services: { events: FollowEvents; wakeup: Wakeup; clock: Clock; logger: Logger; counters: DatabaseCounters },
  ) {
    this.#attachment = attachment;
    this.#settings = settings;
    this.#events = services.events;
    this.#wakeup = services.wakeup;
    this.#clock = services.clock;
    this.#logger = services.logger;
    this.#counters = services.counters;
    this.#schedule = new LookSchedule(services.clock.monotonic());
    this.#restSinceMs = services.clock.monotonic() - sinceLastChangeMs(attachment.live, services.clock);
    this.#checkpoints = new CheckpointSchedule(settings, services);
  }

  /** Whether an application's long reader keeps the WAL from restarting. */
  get readerInTheWay(): boolean {
    return this.#checkpoints.readerInTheWay;
  }

  /** Since when nothing has changed, on the monotonic clock; undefined unless all is written and only an event can bring news. */
  get atRestSinceMs(): number | undefined {
    return this.#isAtRest ? this.#restSinceMs : undefined;
  }

  /** What keeps local files from being written. */
  get fileError(): Error | undefined {
    return this.#fileError;
  }

  /**
   * Follows until `signal` aborts, then writes what is left. `watched`: file-system events wake the loop. Rejects with
   * EngineError when the position is lost, LiveError when the database cannot be read any more.
   */
  async run(watched: boolean, signal: AbortSignal): Promise<void> {
    this.#watched = watched;
    using _heard = this.#wakeup.hear(signal);
    try {
      while (!signal.aborted) await this.#wait(await this.#turn(), signal);
      const asked = this.#requests.waiting;
      await this.#attachment.sync();
      this.#events.onFile();
      this.#attachment.savePosition();
      this.#requests.answer(asked, this.#attachment.files.head);
      this.#requests.end(new EngineError('unavailable', `Cannot sync ${this.#settings.path}: it is being stopped`));
    } catch (error) {
      this.#requests.end(error);
      throw error;
    }
  }

  /** Writes everything committed so far to a file now; resolves with the newest transaction in a durable file. */
  requestFile(): Promise<LineageHead> {
    const request = this.#requests.add();
    this.#wakeup.poke();
    return request;
  }

  /** To be called before the wake-up by an event. The database file is written by an application's checkpoint, unless by ours. */
  noteChange({ wroteDatabase, moved }: FileChange): void {
    if (wroteDatabase) this.#schedule.noteDatabaseWritten(this.#clock.monotonic());
    if (moved) this.#place.noteMoved();
  }

  /**
   * Copies everything back now, if the database is at rest, and returns what `describe` says of the files then; undefined when
   * mark 0 cannot be had, or the files show more than was copied by then, be it a commit that is not visible yet.
   */
  settle<T>(describe: () => T): T | undefined {
    if (!this.#isAtRest) return undefined;
    try {
      if (!this.#isSettled()) this.#settle(this.#clock.monotonic());
      this.#attachment.rest();
      const description = describe();
      const { isQuiet, hasNews } = this.#attachment.ahead();
      if (this.#isSettled() && isQuiet && !hasNews) return description;
      this.#wakeup.notify();
      return undefined;
    } catch (error) {
      if (!this.#isPassing(error)) this.fail(error as Error);
      return undefined;
    }
  }

  /** Ends `run` with an error that was found from outside, if one was. */
  fail(error: Error | undefined): void {
    if (error === undefined) return;
    this.#failure = error;
    this.#wakeup.poke();
  }

  /** A wake-up by an event restarts the schedule of looks. A commit has several events: one look is for all of them. */
  async #wait(delayMs: number | undefined, signal: AbortSignal): Promise<void> {
    this.#wasNotified = await this.#wakeup.wait(delayMs, signal);
    if (!this.#wasNotified) return;
    if (this.#isAtRest) await this.#wakeup.gather(gatherMs, signal);
    const now = this.#clock.monotonic();
    this.#schedule.noteChange(now);
    this.#settling.noteChange(now);
  }

  /** One look. Returns how long to wait, undefined when only an event can bring news. */
  async #turn(): Promise<number | undefined> {
    if (this.#failure !== undefined) throw this.#failure;
    const attachment = this.#attachment;
    const asked = this.#requests.waiting;
    try {
      const now = this.#clock.monotonic();
      if (this.#mayStayAtRest(now) && !(await this.#events.betweenSyncs())) return this.#restMs(now);
      if (this.#place.isDue(now)) this.#checkPlace(now);
      this.#isAtRest = false;
      this.#sawFrames = attachment.look(this.#isCalm(now));
      this.#schedule.noteBackfill(attachment.capture.seen.nBackfill);
      if (this.#sawFrames) {
        this.#restSinceMs = now;
        this.#schedule.noteFrames(now);
      }
      if (attachment.hadNews) {
        this.#events.onBusy(this.#schedule.isBusy(now));
        if (now >= this.#fileDueMs(now)) await this.#writeFile();
      } else if (!this.#isSettled() && now >= this.#settling.dueMs) this.#settle(now);
      if (!attachment.hadNews) this.#requests.answer(asked, attachment.files.head);
      if (this.#checkpoints.isDue(now, this.#unsettledWal(now), attachment.hadNews)) await this.#checkpoint();
      await this.#events.betweenSyncs();
    } catch (error) {
      if (!this.#isPassing(error)) throw error;
      return busyMs;
    }
    return this.#nextDelay();
  }

  /** Another process is in the way for a moment, and nothing was given up for it. */
  #isPassing(error: unknown): boolean {
    return error instanceof LiveError && error.code === 'busy' && this.#attachment.live.isMarkHeld;
  }

  /** Whether events tell of whatever happens to the database. */
  #isCalm(now: number): boolean {
    return this.#watched && !this.#schedule.isBusy(now);
  }

  #isSettled(): boolean {
    return this.#attachment.live.held.kind === 'zero';
  }

  #checkPlace(now: number): void {
    this.#attachment.requireInPlace();
    this.#place.noteInPlace(now, this.#isCalm(now));
  }

  #nextDelay(): number | undefined {
    const attachment = this.#attachment;
    const now = this.#clock.monotonic();
    this.#events.onBusy(this.#schedule.isBusy(now));
    this.#settling.noteMark(now, this.#isSettled());
    const look = { sawFrames: this.#sawFrames, ...attachment.ahead() };
    const isCalm = this.#isCalm(now);
    if (this.#schedule.mayRest(now, look, { isCalm, isSettled: this.#isSettled() })) return this.#rest(now);
    const dueMs = look.hasNews ? this.#fileDueMs(now) : this.#settling.dueMs;
    const delayMs = this.#schedule.delayMs(now, { ...look, dueMs }, isCalm);
    return this.#watched ? delayMs : Math.min(delayMs, this.#settings.monitorIntervalMs);
  }

  #rest(now: number): number | undefined {
    if (!this.#watched) this.#checkPlace(now);
    this.#attachment.rest();
    this.#schedule.rest();
    this.#events.onBusy(false);
    this.#isAtRest = true;
    return this.#restMs(now);
  }

  #restMs(now: number): number | undefined {
    if (!this.#watched) return this.#settings.monitorIntervalMs;
    return this.#isSettled() ? undefined : Math.max(1, this.#settling.dueMs - now);
  }

  /** A wake-up that is no event, no request and not the time to settle: a replica has a file, for example. */
  #mayStayAtRest(now: number): boolean {
    if (!this.#isAtRest || !this.#watched || this.#wasNotified || this.#requests.waiting.length > 0) return false;
    return this.#isSettled() || now < this.#settling.dueMs;
  }

  #fileDueMs(now: number): number {
    if (this.#fileError !== undefined) return this.#retryAtMs;
    if (this.#attachment.isFull || this.#requests.waiting.length > 0) return now;
    return this.#lastFileMs + this.#events.fileIntervalMs(this.#lastFileTookMs);
  }

  async #writeFile(): Promise<void> {
    const startMs = this.#clock.monotonic();
    try {
      if (!this.#attachment.isFull && this.#checkpoints.isDue(startMs, this.#unsettledWal(startMs), false))
        await this.#checkpoint();
      await this.#attachment.writeFile();
    } catch (error) {
      if (error instanceof LiveError || error instanceof EngineError) throw error;
      this.#fileFailed(fileError('write', this.#attachment.metaPath, error));
      return;
    }
    if (this.#fileError !== undefined) this.#logger.info('local files can be written again');
    this.#fileError = undefined;
    this.#retryBackoff.reset();
    const now = this.#clock.monotonic();
    this.#lastFileMs = now;
    this.#lastFileTookMs = now - startMs;
    this.#settling.noteFile(now, this.#isCalm(now));
    this.#events.onFile();
  }

  /** What was copied stays in memory and its frames in the WAL; nothing is lost while this process lives. */
  #fileFailed(error: ReplicaError): void {
    if (this.#fileError === undefined) {
      this.#logger.error('cannot write local files, trying again; changes wait in the WAL', {
        error,
        hint: error.hint,
      });
    }
    this.#fileError = error;
    this.#counters.noteSyncError({ isDiskFull: error.code === 'full' });
    this.#requests.reject(error);
    this.#retryAtMs = this.#clock.monotonic() + this.#retryBackoff.next();
  }

  #settle(now: number): void {
    const before = this.#attachment.live.index().nBackfill;
    if (this.#counters.checkpoint('PASSIVE', () => this.#attachment.settle())) this.#checkpoints.noteSettled();
    else this.#settling.noteRefused(now, this.#attachment.live.index().nBackfill !== before);
  }

  /** Undefined once everything is copied back. */
  #unsettledWal(now: number): UnsettledWal | undefined {
    if (this.#isSettled()) return undefined;
    const { mxFrame } = this.#attachment.capture.seen;
    return { mxFrame, ageMs: now - (this.#settling.unsettledSinceMs ?? now) };
  }

  async #checkpoint(): Promise<void> {
    const report = await this.#counters.checkpoint('RESTART', () => this.#attachment.checkpoint());
    this.#counters.noteBarrier(report.barrierMs);
    this.#checkpoints.noteReport(report, this.#clock.monotonic());
  }
}
