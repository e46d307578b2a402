import { type BigIntStats, statSync } from 'node:fs';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import { linkTarget } from '../watch/link-target.ts';

/** Two writes within so much of one another may leave a file with one time. */
const timeGrainMs = 1_000;

/**
 * What is kept of a database of which nothing is open: file events alone tell that it has to be attached again, and then
 * evidence tells what became of it meanwhile. There are many: nothing runs for one, no timer and no promise.
 */
export class ParkedDatabase {
  readonly status: DatabaseStatus;
  /** The wall-clock time at which its replicas have to be compacted; Infinity: never. */
  readonly untilMs: number;
  readonly #database: string;
  readonly #wal: string;
  /** Whether whatever is written to the database file from now on gives it another time. */
  readonly #isSettled: boolean;
  /** Whether it is to be attached again as soon as its attachment has ended. */
  isWanted = false;

  /** `status` is that of the idle database, whose WAL is copied back. */
  constructor(status: DatabaseStatus, untilMs: number, nowMs: number) {
    this.status = { ...status, state: 'parked' };
    this.untilMs = untilMs;
    const { database, wal } = filesOf(status.path);
    this.#database = appearance(database);
    this.#wal = appearance(wal);
    this.#isSettled = database !== undefined && nowMs - Number(database.mtimeMs) > timeGrainMs;
  }

  /**
   * Whether it is not what it was when it was parked. A commit begins the WAL anew, and takes it away only by writing the
   * database file; so without a WAL, as applications leave it that only read, the database file alone tells.
   */
  hasChanged(): boolean {
    const { database, wal } = filesOf(this.status.path);
    if (appearance(database) !== this.#database) return true;
    const isEmpty = wal === undefined || wal.size === 0n;
    return appearance(wal) !== this.#wal && !(isEmpty && this.#isSettled);
  }
}

interface DatabaseFileStats {
  readonly database: BigIntStats | undefined;
  readonly wal: BigIntStats | undefined;
}

function filesOf(path: string): DatabaseFileStats {
  const real = linkTarget(path) ?? path;
  const look = (file: string) => statSync(file, { bigint: true, throwIfNoEntry: false });
  return { database: look(real), wal: look(`${real}-wal`) };
}

function appearance(stats: BigIntStats | undefined): string {
  return stats === undefined ? 'missing' : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}`;
}
