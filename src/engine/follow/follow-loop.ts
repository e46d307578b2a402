import { fileError } from '../../replica/file/file-error.ts';
import type { ReplicaError } from '../../replica/replica-error.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Wakeup } from '../../runtime/wakeup.ts';
import { LiveError } from '../../sqlite/live-error.ts';
import type { DatabaseSettings } from '../database-settings.ts';
import { EngineError, positionLost } from '../engine-error.ts';
import type { LineageHead } from '../lineage-head.ts';
import type { Attachment } from './attachment.ts';
import { LookSchedule } from './look-schedule.ts';

/** After a sync, how soon the read mark is moved out of the application's way. */
const settleMs = 100;
const settleLimitMs = 10_000;
/** Under load a checkpoint is not put off beyond this multiple of its threshold. */
const overdueFactor = 4;
const busyMs = 10;
/** How soon to look again at files that are still where they were. */
const placeMs = 100;
/** When to try again after another process's checkpoint was in the way. */
const otherCheckpointMs = 20;

export interface FollowEvents {
  /** After a new local file. */
  onFile(): void;
  /** While frames keep coming the database is polled, and file events are not wanted. */
  onBusy(busy: boolean): void;
  /** How long to wait between two files, the last of which took `tookMs`: longer while no replica accepts any. */
  fileIntervalMs(tookMs: number): number;
  /** Work that must not run beside a sync. */
  betweenSyncs(): Promise<void>;
}

interface FileRequest {
  resolve(head: LineageHead): void;
  reject(error: unknown): void;
}

/** Drives one attachment: decides when to copy, to write a file, to checkpoint and to rest. */
export class FollowLoop {
  readonly #attachment: Attachment;
  readonly #settings: DatabaseSettings;
  readonly #events: FollowEvents;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #wakeup: Wakeup;
  readonly #settleBackoff = new Backoff({ firstMs: settleMs, limitMs: settleLimitMs });
  readonly #barrierBackoff = new Backoff({ firstMs: 1_000, limitMs: 60_000 });
  readonly #retryBackoff = new Backoff({ firstMs: 100, limitMs: 10_000 });
  readonly #schedule: LookSchedule;
  #lastFileMs = Number.NEGATIVE_INFINITY;
  #lastFileTookMs = 0;
  #lastRestartMs: number;
  #settleAtMs = 0;
  #barrierAtMs = 0;
  #readerInTheWay = false;
  #sawFrames = false;
  #isAtRest = false;
  #restSinceMs: number;
  #placeAtMs = 0;
  #fileError: Error | undefined;
  #requests: FileRequest[] = [];
  #failure: Error | undefined;
  #ended: Error | undefined;

  constructor(
    attachment: Attachment,
    settings: DatabaseSettings,
    services: { events: FollowEvents; wakeup: Wakeup; clock: Clock; logger: Logger },
  ) {
    this.#attachment = attachment;
    this.#settings = settings;
    this.#events = services.events;
    this.#wakeup = services.wakeup;
    this.#clock = services.clock;
    this.#logger = services.logger;
    this.#lastRestartMs = services.clock.monotonic();
    this.#restSinceMs = this.#lastRestartMs;
    this.#schedule = new LookSchedule(this.#lastRestartMs);
  }

  /** Whether an application's long reader keeps the WAL from restarting. */
  get readerInTheWay(): boolean {
    return this.#readerInTheWay;
  }

  /** Since when everything is written and only an event can bring news, on the monotonic clock; undefined otherwise. */
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
    try {
      while (!signal.aborted) {
        const delayMs = await this.#turn(watched);
        await this.#wait(delayMs, signal);
      }
      const asked = [...this.#requests];
      await this.#attachment.sync();
      this.#events.onFile();
      this.#attachment.savePosition();
      this.#answer(asked);
      this.#end(new EngineError('unavailable', `Cannot sync ${this.#settings.path}: it is being stopped`));
    } catch (error) {
      this.#end(error);
      throw error;
    }
  }

  /** Writes everything committed so far to a file now; resolves with the newest transaction in a durable file. */
  requestFile(): Promise<LineageHead> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#requests.push({ resolve, reject });
      this.#wakeup.poke();
    });
  }

  /** Ends `run` with an error that was found from outside, if one was. */
  fail(error: Error | undefined): void {
    if (error === undefined) return;
    this.#failure = error;
    this.#wakeup.poke();
  }

  #end(error: unknown): void {
    this.#ended = error instanceof Error ? error : new Error(String(error));
    for (const request of this.#requests.splice(0)) request.reject(error);
  }

  #answer(requests: readonly FileRequest[]): void {
    const { head } = this.#attachment.files;
    if (head === undefined) return;
    this.#requests = this.#requests.filter((request) => !requests.includes(request));
    for (const request of requests) request.resolve(head);
  }

  /** A wake-up by an event restarts the schedule of looks, and what it may be of is not copied back before it is in a file. */
  async #wait(delayMs: number | undefined, signal: AbortSignal): Promise<void> {
    if (!(await this.#wakeup.wait(delayMs, signal))) return;
    const now = this.#clock.monotonic();
    this.#schedule.noteChange(now);
    this.#settleAtMs = Math.max(this.#settleAtMs, now + settleMs);
  }

  /** One look. Returns how long to wait, undefined when only an event can bring news. */
  async #turn(watched: boolean): Promise<number | undefined> {
    const attachment = this.#attachment;
    if (this.#failure !== undefined) throw this.#failure;
    // A request that comes while a file is being written may mean commits that are not in it.
    const asked = [...this.#requests];
    try {
      const now = this.#clock.monotonic();
      if (now >= this.#placeAtMs) this.#checkPlace(now);
      this.#isAtRest = false;
      this.#sawFrames = attachment.look();
      if (this.#sawFrames) {
        this.#restSinceMs = now;
        this.#schedule.noteFrames(now);
      }
      if (attachment.hadNews) {
        this.#events.onBusy(this.#schedule.isBusy(now));
        if (now >= this.#fileDueMs(now)) await this.#writeFile();
        else if (this.#isCheckpointOverdue(now)) await this.#checkpoint();
      } else if (attachment.live.held.kind !== 'zero' && now >= this.#settleAtMs) this.#settle(now);
      if (!attachment.hadNews && this.#isCheckpointDue(now)) await this.#checkpoint();
      if (!attachment.capture.hasNews) this.#answer(asked);
      await this.#events.betweenSyncs();
    } catch (error) {
      if (!(error instanceof LiveError) || error.code !== 'busy') throw error;
      return busyMs;
    }
    return this.#nextDelay(watched);
  }

  #checkPlace(now: number): void {
    const { live } = this.#attachment;
    if (!live.isInPlace()) throw positionLost(live.path, 'the file was replaced or removed');
    this.#placeAtMs = now + placeMs;
  }

  #nextDelay(watched: boolean): number | undefined {
    const attachment = this.#attachment;
    const now = this.#clock.monotonic();
    this.#events.onBusy(this.#schedule.isBusy(now));
    const [isQuiet, hasNews] = [attachment.isQuiet(), attachment.hasNews()];
    const isSettled = isQuiet && !hasNews && attachment.live.held.kind === 'zero';
    if (isSettled && this.#schedule.mayRest(now)) return this.#rest(watched, now);
    const dueMs = hasNews ? this.#fileDueMs(now) : this.#settleAtMs;
    const delayMs = this.#schedule.delayMs(now, { sawFrames: this.#sawFrames, isQuiet, hasNews, dueMs }, watched);
    return watched ? delayMs : Math.min(delayMs, this.#settings.monitorIntervalMs);
  }

  #rest(watched: boolean, now: number): number | undefined {
    this.#checkPlace(now);
    this.#attachment.rest();
    this.#schedule.rest();
    this.#events.onBusy(false);
    this.#isAtRest = true;
    return watched ? undefined : this.#settings.monitorIntervalMs;
  }

  #fileDueMs(now: number): number {
    if (this.#fileError !== undefined) return this.#settleAtMs;
    if (this.#attachment.isFull || this.#requests.length > 0) return now;
    return this.#lastFileMs + this.#events.fileIntervalMs(this.#lastFileTookMs);
  }

  #isCheckpointOverdue(now: number): boolean {
    const { mxFrame } = this.#attachment.live.index();
    return mxFrame >= overdueFactor * this.#settings.minCheckpointPageCount && this.#isCheckpointDue(now);
  }

  async #writeFile(): Promise<void> {
    const startMs = this.#clock.monotonic();
    try {
      if (!this.#attachment.isFull && this.#isCheckpointDue(startMs)) await this.#checkpoint();
      await this.#attachment.sync();
    } catch (error) {
      if (error instanceof LiveError || error instanceof EngineError) throw error;
      this.#fileFailed(fileError('write', this.#attachment.metaPath, error));
      return;
    }
    if (this.#fileError !== undefined) this.#logger.info('local files can be written again');
    this.#fileError = undefined;
    this.#retryBackoff.reset();
    this.#settleBackoff.reset();
    const now = this.#clock.monotonic();
    this.#lastFileMs = now;
    this.#lastFileTookMs = now - startMs;
    this.#settleAtMs = now + this.#settleBackoff.next();
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
    for (const request of this.#requests.splice(0)) request.reject(error);
    this.#settleAtMs = this.#clock.monotonic() + this.#retryBackoff.next();
  }

  #settle(now: number): void {
    const before = this.#attachment.live.index().nBackfill;
    if (this.#attachment.settle()) {
      this.#restarted(now);
      return;
    }
    if (this.#attachment.live.index().nBackfill !== before) this.#settleBackoff.reset();
    this.#settleAtMs = now + this.#settleBackoff.next();
  }

  #isCheckpointDue(now: number): boolean {
    const { held } = this.#attachment.live;
    if (held.kind === 'zero' || now < this.#barrierAtMs) return false;
    const { mxFrame } = this.#attachment.live.index();
    if (mxFrame >= this.#settings.minCheckpointPageCount) return true;
    return mxFrame > 0 && now - this.#lastRestartMs >= this.#settings.checkpointIntervalMs;
  }

  async #checkpoint(): Promise<void> {
    const report = await this.#attachment.checkpoint();
    const now = this.#clock.monotonic();
    if (report.outcome === 'complete') {
      this.#restarted(now);
      return;
    }
    if (report.outcome === 'memory') return; // a file is due now, and makes room
    const isPassing = report.outcome === 'checkpointer';
    this.#barrierAtMs = now + (isPassing ? otherCheckpointMs : this.#barrierBackoff.next());
    if (report.outcome === 'reader' && !this.#readerInTheWay) {
      this.#readerInTheWay = true;
      this.#logger.info('a reader of the application keeps the WAL from restarting; it grows until that reader ends');
    }
  }

  #restarted(now: number): void {
    this.#lastRestartMs = now;
    this.#barrierBackoff.reset();
    this.#barrierAtMs = 0;
    if (this.#readerInTheWay) this.#logger.info('the WAL can restart again');
    this.#readerInTheWay = false;
  }
}
