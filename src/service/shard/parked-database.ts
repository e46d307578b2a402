import { statSync } from 'node:fs';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import { type Clock, longestTimerMs } from '../../runtime/clock.ts';
import { Wakeup } from '../../runtime/wakeup.ts';
import { linkTarget } from '../watch/link-target.ts';

/** How much later than due a parked database may be attached, as a part of the time until then. */
const spread = 0.1;

/**
 * A database of which nothing is open: file events alone tell that it has to be attached again, and then evidence tells what
 * became of it meanwhile.
 */
export class ParkedDatabase {
  readonly status: DatabaseStatus;
  readonly #path: string;
  readonly #appearance: string;
  readonly #untilMs: number;
  readonly #clock: Clock;
  readonly #wakeup: Wakeup;
  #isWoken = false;

  /** `status` is that of the idle database, `untilMs` the wall-clock time at which its replicas have to be compacted. */
  constructor(database: { path: string; status: DatabaseStatus; untilMs: number }, { clock }: { clock: Clock }) {
    this.#path = database.path;
    this.#appearance = appearance(database.path);
    this.status = { ...database.status, state: 'parked' };
    this.#untilMs = later(database.untilMs, clock.now());
    this.#clock = clock;
    this.#wakeup = new Wakeup(clock);
  }

  /** Something happened to one of its files: opened and closed by an application, it stays parked. */
  notify(): void {
    if (appearance(this.#path) !== this.#appearance) this.wake();
  }

  /** It is to be attached. */
  wake(): void {
    this.#isWoken = true;
    this.#wakeup.poke();
  }

  /** Resolves when it has to be attached, or when the signal aborts. */
  async woken(signal: AbortSignal): Promise<void> {
    this.notify();
    while (!this.#isWoken && !signal.aborted) {
      const waitMs = this.#untilMs - this.#clock.now();
      if (waitMs <= 0) return;
      await this.#wakeup.wait(
        waitMs === Number.POSITIVE_INFINITY ? undefined : Math.min(waitMs, longestTimerMs),
        signal,
      );
    }
  }
}

/** Databases whose replicas are due at one boundary of the clock come one after the other. */
function later(atMs: number, nowMs: number): number {
  return atMs === Number.POSITIVE_INFINITY ? atMs : atMs + Math.random() * (atMs - nowMs) * spread;
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
