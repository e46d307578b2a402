import { statSync } from 'node:fs';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import { linkTarget } from '../watch/link-target.ts';

/**
 * What is kept of a database of which nothing is open: file events alone tell that it has to be attached again, and then
 * evidence tells what became of it meanwhile. There are many: nothing runs for one, no timer and no promise.
 */
export class ParkedDatabase {
  readonly status: DatabaseStatus;
  /** The wall-clock time at which its replicas have to be compacted; Infinity: never. */
  readonly untilMs: number;
  readonly #appearance: string;
  /** Whether it is to be attached again as soon as its attachment has ended. */
  isWanted = false;

  /** `status` is that of the idle database. */
  constructor(status: DatabaseStatus, untilMs: number) {
    this.status = { ...status, state: 'parked' };
    this.untilMs = untilMs;
    this.#appearance = appearance(status.path);
  }

  /** Whether it is not what it was when it was parked: opened and closed by an application, it is. */
  hasChanged(): boolean {
    return appearance(this.status.path) !== this.#appearance;
  }
}

/** What changes with every commit: a parked database has no frames that are not copied back, so a commit begins the WAL anew. */
function appearance(path: string): string {
  const real = linkTarget(path) ?? path;
  return [real, `${real}-wal`].map(appearanceOfFile).join(' ');
}

function appearanceOfFile(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? 'missing' : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}`;
}
