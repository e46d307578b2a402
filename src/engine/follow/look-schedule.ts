import { pollDelayMs } from './poll-schedule.ts';

/** While frames keep coming and wait for their file, there is no closer look; a pause may be an application's checkpoint. */
const flowingMs = 5;
const pausedMs = 2;
/** The first look after one that found everything copied. */
const quietMs = 20;
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
  /** When the next file, or the next step towards mark 0, is due. */
  readonly dueMs: number;
}

/** Decides when to look at a database again: by its file events, or, while frames keep coming, by the clock alone. */
export class LookSchedule {
  #lastChangeMs: number;
  #lastFramesMs = Number.NEGATIVE_INFINITY;
  #looksWithFrames = 0;

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

  noteFrames(nowMs: number): void {
    this.#looksWithFrames = nowMs - this.#lastFramesMs < closeTogetherMs ? this.#looksWithFrames + 1 : 1;
    this.#lastFramesMs = nowMs;
    this.#lastChangeMs = nowMs;
  }

  /** Whether nothing has changed for so long that the database may rest. */
  mayRest(nowMs: number): boolean {
    return nowMs - this.#lastChangeMs >= restMs;
  }

  /** To be called when the database rests. */
  rest(): void {
    this.#looksWithFrames = 0;
  }

  /** How long to wait until the next look, unless an event comes first. `watched`: whether events come at all. */
  delayMs(nowMs: number, look: Look, watched: boolean): number {
    const elapsedMs = nowMs - this.#lastChangeMs;
    if (look.isQuiet && watched && !this.isBusy(nowMs)) return this.#quietDelayMs(nowMs, elapsedMs, look);
    const leastMs = look.sawFrames ? flowingMs : pausedMs;
    return Math.max(pollDelayMs(elapsedMs), look.hasNews ? leastMs : 0);
  }

  /**
   * Every commit is copied and the next one brings an event; what does not bring one is an application's checkpoint that has
   * come to where our mark is in its way. So looks get rarer until something is due.
   */
  #quietDelayMs(nowMs: number, elapsedMs: number, look: Look): number {
    const untilDueMs = look.hasNews ? look.dueMs - nowMs : Math.max(look.dueMs - nowMs, restMs - elapsedMs);
    return Math.max(1, Math.min(Math.max(quietMs, elapsedMs), untilDueMs));
  }
}
