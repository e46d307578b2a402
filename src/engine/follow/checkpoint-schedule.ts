import { Backoff } from '../../runtime/backoff.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { CheckpointReport } from '../checkpoint/barrier-checkpoint.ts';
import type { DatabaseSettings } from '../database-settings.ts';

/** Under load a checkpoint is not put off beyond this multiple of its threshold. */
const overdueFactor = 2;
/** When to try again after another process's checkpoint was in the way. */
const otherCheckpointMs = 20;

/** A WAL whose frames are not all copied back. */
export interface UnsettledWal {
  readonly mxFrame: number;
  /** How long the read mark has been at another place than 0. */
  readonly ageMs: number;
}

export type CheckpointLimits = Pick<DatabaseSettings, 'minCheckpointPageCount' | 'checkpointIntervalMs'>;

/** Decides when the WAL is made to restart, and knows whether a reader of the application is in the way. */
export class CheckpointSchedule {
  readonly #limits: CheckpointLimits;
  readonly #logger: Logger;
  readonly #backoff = new Backoff({ firstMs: 1_000, limitMs: 60_000 });
  #notBeforeMs = 0;
  #readerInTheWay = false;

  constructor(limits: CheckpointLimits, { logger }: { readonly logger: Logger }) {
    this.#limits = limits;
    this.#logger = logger;
  }

  get readerInTheWay(): boolean {
    return this.#readerInTheWay;
  }

  /** `isFileWaiting`: what was copied is not in a file yet, and a checkpoint waits for that as long as it can. */
  isDue(nowMs: number, wal: UnsettledWal | undefined, isFileWaiting: boolean): boolean {
    if (wal === undefined || nowMs < this.#notBeforeMs) return false;
    const { minCheckpointPageCount, checkpointIntervalMs } = this.#limits;
    if (isFileWaiting) return wal.mxFrame >= overdueFactor * minCheckpointPageCount;
    if (wal.mxFrame >= minCheckpointPageCount) return true;
    return wal.mxFrame > 0 && wal.ageMs >= checkpointIntervalMs;
  }

  noteReport({ outcome }: CheckpointReport, nowMs: number): void {
    if (outcome === 'memory') return; // a file is due now, and makes room
    if (outcome === 'complete') {
      this.noteSettled();
      return;
    }
    this.#notBeforeMs = nowMs + (outcome === 'checkpointer' ? otherCheckpointMs : this.#backoff.next());
    if (outcome === 'reader' && !this.#readerInTheWay) {
      this.#readerInTheWay = true;
      this.#logger.info('a reader of the application keeps the WAL from restarting; it grows until that reader ends');
    }
  }

  /** Everything was copied back: the WAL may restart. */
  noteSettled(): void {
    this.#backoff.reset();
    this.#notBeforeMs = 0;
    if (this.#readerInTheWay) this.#logger.info('the WAL can restart again');
    this.#readerInTheWay = false;
  }
}
