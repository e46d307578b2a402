import type { LongAct } from '../../engine/long-work.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { progressFields } from '../report/progress-fields.ts';
import type { DatabaseWork } from '../shard/shard-protocol.ts';

const defaultEveryMs = 10_000;
/** What has gone on for less than this part of the interval is not long: its first line comes with the next look. */
const longPart = 0.95;
/** With more at once, one line tells of all. */
const mostLines = 4;

/** A word for each act in a log line, and on a terminal. */
export const workNames: Readonly<Record<LongAct, string>> = {
  restore: 'restore',
  read: 'reading the database',
  snapshot: 'snapshot',
  compaction: 'compaction',
  upload: 'upload',
};

/** Says every ten seconds how far that is which has gone on for longer. Shards are asked; while nothing is long they have little to say. */
export class WorkReport {
  readonly #work: () => Promise<readonly DatabaseWork[]>;
  readonly #everyMs: number;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(
    work: () => Promise<readonly DatabaseWork[]>,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
    { everyMs = defaultEveryMs }: { readonly everyMs?: number } = {},
  ) {
    this.#work = work;
    this.#everyMs = everyMs;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(this.#everyMs, signal);
      if (signal.aborted) return;
      this.#say((await this.#work()).filter(({ elapsedMs }) => elapsedMs >= this.#everyMs * longPart));
    }
  }

  #say(works: readonly DatabaseWork[]): void {
    if (works.length > mostLines) {
      const sum = (of: (work: DatabaseWork) => number) => works.reduce((total, work) => total + of(work), 0);
      const fields = progressFields(
        sum(({ doneBytes }) => doneBytes),
        sum(({ totalBytes }) => totalBytes),
        0,
      );
      const databases = new Set(works.map(({ path }) => path)).size;
      this.#logger.info('long work goes on', { databases, ...fields });
      return;
    }
    for (const { path: db, replica, act, doneBytes, totalBytes, elapsedMs } of works) {
      const fields = progressFields(doneBytes, totalBytes, elapsedMs);
      this.#logger.info(`${workNames[act]} goes on`, { db, replica, ...fields });
    }
  }
}
