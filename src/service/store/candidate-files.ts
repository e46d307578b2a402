import { statSync } from 'node:fs';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { Turn } from '../../runtime/turn.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import type { Inspection } from '../shard/shard-protocol.ts';

/** A change that follows another within this time may leave size and times of a file as they are. */
const settleMs = 2_000;
/** How many files a shard is asked about at a time. */
const batchSize = 500;

/** What is said, once, of a file that is passed over; an empty file is one that its application has just begun. */
const remarks: Partial<Record<Inspection, readonly ['info' | 'warn', string]>> = {
  foreign: ['info', 'not a SQLite database, passed over'],
  incomplete: ['info', 'not complete yet, passed over until it is'],
  unreadable: ['warn', 'cannot be read, passed over'],
  attached: ['warn', 'another name of a database that is replicated'],
};

export interface CandidateFilesServices {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Says what files are. Asked of a shard, because no other code may open a file that may be a database. */
  readonly inspect: (paths: readonly string[]) => Promise<readonly Inspection[]>;
}

interface PassedOver {
  readonly inspection: Inspection | 'failed';
  readonly appearance: string;
  /** False while the file may change without looking any different. */
  readonly isSettled: boolean;
}

/** Tells databases from other files, and looks at a file that is none again when it has changed. */
export class CandidateFiles {
  readonly #services: CandidateFilesServices;
  readonly #passedOver = new Map<string, PassedOver>();

  constructor(services: CandidateFilesServices) {
    this.#services = services;
  }

  /** The paths that are databases now. The others are passed over, without a look as long as they are what they were. */
  async databasesAmong(paths: readonly string[]): Promise<string[]> {
    const turn = new Turn();
    const changed: { path: string; appearance: Appearance }[] = [];
    for (const path of paths) {
      const appearance = appearanceOf(path);
      const before = this.#passedOver.get(path);
      if (before?.appearance !== appearance.text || !before.isSettled) changed.push({ path, appearance });
      await turn.share();
    }
    const databases: string[] = [];
    for (let at = 0; at < changed.length; at += batchSize) {
      const batch = changed.slice(at, at + batchSize);
      const inspections = await this.#services.inspect(batch.map(({ path }) => path));
      for (const [i, { path, appearance }] of batch.entries()) {
        const inspection = inspections[i]!;
        if (inspection === 'wal' || inspection === 'rollback-journal') databases.push(path);
        else this.#remember(path, inspection, appearance);
      }
    }
    for (const path of databases) this.#passedOver.delete(path);
    return databases;
  }

  /** Not to be taken until it changes or `reconsiderOtherNames`: it is another name of a database that is replicated. */
  passOverLink(path: string): void {
    this.#remember(path, 'attached', appearanceOf(path));
  }

  /** Not to be taken until it changes: it is a database that cannot be replicated, as was said. */
  passOverFailed(path: string): void {
    this.#passedOver.set(path, { inspection: 'failed', appearance: appearanceOf(path).text, isSettled: true });
  }

  get paths(): Iterable<string> {
    return this.#passedOver.keys();
  }

  /** Those to look at once more when they have had time to settle. */
  get unsettled(): string[] {
    return [...this.#passedOver].filter(([, { isSettled }]) => !isSettled).map(([path]) => path);
  }

  /** Those that were other names of a database: when that has ended they are to be looked at again, unchanged as they are. */
  reconsiderOtherNames(): string[] {
    const others = [...this.#passedOver].filter(([, { inspection }]) => inspection === 'attached');
    for (const [path, other] of others) this.#passedOver.set(path, { ...other, isSettled: false });
    return others.map(([path]) => path);
  }

  forget(path: string): void {
    this.#passedOver.delete(path);
  }

  #remember(path: string, inspection: Inspection, { text, changedMs }: Appearance): void {
    const isNews = this.#passedOver.get(path)?.inspection !== inspection;
    const isSettled = this.#services.clock.now() - changedMs >= settleMs;
    this.#passedOver.set(path, { inspection, appearance: text, isSettled });
    const [level, message] = (isNews && remarks[inspection]) || [];
    if (level !== undefined && message !== undefined) this.#services.logger[level](message, { db: path });
  }
}

interface Appearance {
  readonly text: string;
  readonly changedMs: number;
}

/** What changes when a file is written, replaced, or given another mode or owner. */
function appearanceOf(path: string): Appearance {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return { text: [dev, ino, size, mtimeNs, ctimeNs].join(), changedMs: Number(ctimeNs / 1_000_000n) };
  } catch (error) {
    return { text: systemErrorCode(error) ?? String(error), changedMs: 0 };
  }
}
