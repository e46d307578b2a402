import { pollDelayMs } from './poll-schedule.ts';

/** While frames keep coming and wait for their file, there is no closer look; a pause may be an application's checkpoint. */
const flowingMs = 5;
const pausedMs = 2;
/** How long a checkpoint is waited for that has written to the database file. */
const checkpointMs = 10_000;
/** After so many looks with new frames, none long after the one before, a database is polled and its events are not wanted. */
const busyLooks = 5;
const closeTogetherMs = 50;
/** How long after the last frames the file-system watch takes over from polling. */
const watchAfterMs = 1_000;
/** How long nothing has to change until a database may rest. */
const restMs = 100;

/** What a look at a database has found. */
export interface Look {
  /** Whether it brought new frames. */
  readonly sawFrames: boolean;
  /** Whether the WAL shows no commit that is not visible yet. */
  readonly isQuiet: boolean;
  /** Whether something copied waits for its file. */
  readonly hasNews: boolean;
  /** Whether the mark holds no application's checkpoint up before it writes to the database file, which is an event. */
  readonly isOutOfTheWay: boolean;
}

/** Decides when to look at a database again: by its file events, or, while frames keep coming, by the clock alone. */
export class LookSchedule {
  #lastChangeMs: number;
  #lastFramesMs = Number.NEGATIVE_INFINITY;
  #looksWithFrames = 0;
  #backfill = 0;
  #databaseWrittenMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: number) {
    this.#lastChangeMs = nowMs;
  }

  /** Whether frames keep coming. */
  isBusy(nowMs: number): boolean {
    return this.#looksWithFrames >= busyLooks && nowMs - this.#lastFramesMs < watchAfterMs;
  }

  /** A file event came. */
  noteChange(nowMs: number): void {
    this.#lastChangeMs = nowMs;
  }

  /** An event of the database file itself: a checkpoint, which counts as done some time after its last event. */
  noteDatabaseWritten(nowMs: number): void {
    this.#databaseWrittenMs = nowMs;
  }

  /** To be called at every look: how many frames the index shows as copied back. */
  noteBackfill(frameCount: number): void {
    if (frameCount !== this.#backfill) this.#databaseWrittenMs = Number.NEGATIVE_INFINITY;
    this.#backfill = frameCount;
  }

  noteFrames(nowMs: number): void {
    this.#looksWithFrames = nowMs - this.#lastFramesMs < closeTogetherMs ? this.#looksWithFrames + 1 : 1;
    this.#lastFramesMs = nowMs;
    this.#lastChangeMs = nowMs;
  }

  /**
   * Whether nothing is to be done until an event comes or the database has to be settled. `isCalm`: events come, and tell of
   * every commit and of every checkpoint that comes to wait for the mark.
   */
  mayRest(nowMs: number, look: Look, { isCalm, isSettled }: { isCalm: boolean; isSettled: boolean }): boolean {
    if (!look.isQuiet || look.hasNews) return false;
    if (isSettled) return isCalm || nowMs - this.#lastChangeMs >= restMs;
    return isCalm && look.isOutOfTheWay && !this.#awaitsCheckpoint(nowMs);
  }

  /** To be called when the database rests. */
  rest(): void {
    this.#looksWithFrames = 0;
  }

  /** How long to wait until the next look, unless an event comes first. `dueMs`: when the next file is, or settling. */
  delayMs(nowMs: number, look: Look & { readonly dueMs: number }, isCalm: boolean): number {
    const elapsedMs = nowMs - this.#lastChangeMs;
    if (look.isQuiet && isCalm) return this.#calmDelayMs(nowMs, elapsedMs, look);
    const leastMs = look.sawFrames ? flowingMs : pausedMs;
    return Math.max(pollDelayMs(elapsedMs), look.hasNews ? leastMs : 0);
  }

  #calmDelayMs(nowMs: number, elapsedMs: number, look: Look & { readonly dueMs: number }): number {
    if (this.#awaitsCheckpoint(nowMs)) return pollDelayMs(nowMs - this.#databaseWrittenMs);
    return look.isOutOfTheWay ? Math.max(1, look.dueMs - nowMs) : pollDelayMs(elapsedMs);
  }

  #awaitsCheckpoint(nowMs: number): boolean {
    return nowMs - this.#databaseWrittenMs < checkpointMs;
  }
}
