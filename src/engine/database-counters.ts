import { LongWork } from './long-work.ts';

/** How SQLite is asked to copy the WAL back. RESTART: a checkpoint under a barrier, after which the WAL begins anew. */
export const checkpointModes = ['PASSIVE', 'RESTART', 'TRUNCATE'] as const;
export type CheckpointMode = (typeof checkpointModes)[number];

export interface CheckpointCount {
  readonly count: number;
  readonly errors: number;
  readonly seconds: number;
}

/** What was done for a database since its replication began. Plain data. */
export interface DatabaseCounts {
  /** Local files written. */
  readonly syncs: number;
  readonly syncErrors: number;
  readonly syncSeconds: number;
  /** Of the WAL, copied into local files. */
  readonly walBytes: number;
  /** Whether local files cannot be written for lack of space. */
  readonly isDiskFull: boolean;
  readonly checkpoints: Readonly<Record<CheckpointMode, CheckpointCount>>;
  /** How long a checkpoint has held up writers at most. */
  readonly longestBarrierSeconds: number;
}

/** What is counted, and what is under way, for one database, however often it is attached. */
export class DatabaseCounters {
  readonly work: LongWork;
  #syncs = 0;
  #syncErrors = 0;
  #syncMs = 0;
  #walBytes = 0;
  #isDiskFull = false;
  #longestBarrierMs = 0;
  readonly #checkpoints = { PASSIVE: noCheckpoints(), RESTART: noCheckpoints(), TRUNCATE: noCheckpoints() };

  /** `onWork`: see LongWork. */
  constructor(onWork?: (isUnderWay: boolean) => void) {
    this.work = new LongWork(onWork);
  }

  /** A local file was written, of so many bytes of the WAL; of none where the whole database was read. */
  noteSync(tookMs: number, walBytes: number): void {
    this.#syncs += 1;
    this.#syncMs += tookMs;
    this.#walBytes += walBytes;
    this.#isDiskFull = false;
  }

  noteSyncError({ isDiskFull }: { readonly isDiskFull: boolean }): void {
    this.#syncErrors += 1;
    this.#isDiskFull = isDiskFull;
  }

  noteBarrier(heldUpMs: number): void {
    this.#longestBarrierMs = Math.max(this.#longestBarrierMs, heldUpMs);
  }

  /** Runs a checkpoint, and counts it and its time. */
  checkpoint<T>(mode: CheckpointMode, run: () => T): T {
    const of = this.#checkpoints[mode];
    const startMs = performance.now();
    const end = (isError: boolean) => {
      of.count += 1;
      of.errors += isError ? 1 : 0;
      of.seconds += (performance.now() - startMs) / 1000;
    };
    try {
      const result = run();
      if (result instanceof Promise)
        void result.then(
          () => end(false),
          () => end(true),
        );
      else end(false);
      return result;
    } catch (error) {
      end(true);
      throw error;
    }
  }

  snapshot(): DatabaseCounts {
    const { PASSIVE, RESTART, TRUNCATE } = this.#checkpoints;
    return {
      syncs: this.#syncs,
      syncErrors: this.#syncErrors,
      syncSeconds: this.#syncMs / 1000,
      walBytes: this.#walBytes,
      isDiskFull: this.#isDiskFull,
      checkpoints: { PASSIVE: { ...PASSIVE }, RESTART: { ...RESTART }, TRUNCATE: { ...TRUNCATE } },
      longestBarrierSeconds: this.#longestBarrierMs / 1000,
    };
  }
}

function noCheckpoints() {
  return { count: 0, errors: 0, seconds: 0 };
}
