import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';

/** How often those that wait look for a database that can be parked. */
const lookMs = 100;
/** After so long it is said that nothing can be. */
const patienceMs = 10_000;

/** One that may be attached. */
export interface Attachable {
  /** Since when it is attached with nothing to do and everything shipped; undefined when it is not. */
  readonly idleSinceMs: number | undefined;
  /** Ends the attachment until something happens to the database; false when something stands against it. */
  park(): boolean;
}

export interface AttachmentLimit {
  /** How many databases may be attached at a time. */
  readonly count: number;
  /** The descriptors this process may have, and what each attached database may take of them. */
  readonly descriptorLimit: number;
  readonly descriptorsEach: number;
}

/** Keeps the attached databases of a process within its descriptors: beyond, those that have been idle longest are parked. */
export class Attachments {
  readonly #limit: AttachmentLimit;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #attached = new Set<Attachable>();
  readonly #waiting = new Map<Attachable, () => void>();
  readonly #parking = new Set<Attachable>();
  #callOff: (() => void) | undefined;
  #waitingSinceMs = 0;
  #hasSaidParking = false;
  #hasSaidFull = false;

  constructor(limit: AttachmentLimit, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#limit = limit;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Whether another database may be attached at once. */
  get hasRoom(): boolean {
    return this.#attached.size < this.#limit.count;
  }

  /**
   * Resolves when a database may be attached, to be followed by `release`; or with false when the signal aborts while it
   * waits.
   */
  async admit(database: Attachable, signal: AbortSignal): Promise<boolean> {
    if (this.hasRoom) {
      this.#attached.add(database);
      return true;
    }
    if (this.#waiting.size === 0) this.#waitingSinceMs = this.#clock.monotonic();
    return new Promise<boolean>((resolve) => {
      const end = (isAdmitted: boolean) => {
        this.#waiting.delete(database);
        if (isAdmitted) this.#attached.add(database);
        signal.removeEventListener('abort', giveUp);
        resolve(isAdmitted);
      };
      const giveUp = () => end(false);
      if (signal.aborted) return giveUp();
      this.#waiting.set(database, () => end(true));
      signal.addEventListener('abort', giveUp);
      this.#makeRoom();
    });
  }

  /** The database is not attached any more. */
  release(database: Attachable): void {
    this.#attached.delete(database);
    this.#parking.delete(database);
    this.#waitingSinceMs = this.#clock.monotonic();
    const [next] = this.#waiting.values();
    if (next !== undefined && this.#attached.size < this.#limit.count) next();
  }

  /** Parks as many databases as wait, those first that have been idle longest, and looks again while some wait. */
  #makeRoom(): void {
    this.#callOff ??= this.#clock.after(lookMs, () => {
      this.#callOff = undefined;
      if (this.#waiting.size > 0) this.#makeRoom();
    });
    if (this.#waiting.size <= this.#parking.size) return;
    const idle = [...this.#attached].flatMap((database) => {
      const { idleSinceMs } = database;
      return idleSinceMs === undefined || this.#parking.has(database) ? [] : [{ database, idleSinceMs }];
    });
    idle.sort((a, b) => a.idleSinceMs - b.idleSinceMs);
    for (const { database } of idle) {
      if (this.#waiting.size <= this.#parking.size) break;
      if (database.park()) this.#parking.add(database);
    }
    if (idle.length > 0) this.#sayParking();
    else if (this.#parking.size === 0) this.#sayFull();
  }

  #sayParking(): void {
    if (this.#hasSaidParking) return;
    this.#hasSaidParking = true;
    const { count, descriptorLimit } = this.#limit;
    const hint = this.#hint();
    this.#logger.warn('not all databases can be attached at a time, idle ones are parked', {
      atATime: count,
      descriptorLimit,
      hint,
    });
  }

  #sayFull(): void {
    if (this.#hasSaidFull || this.#clock.monotonic() - this.#waitingSinceMs < patienceMs) return;
    this.#hasSaidFull = true;
    const { count, descriptorLimit } = this.#limit;
    this.#logger.error('databases wait to be attached: too few descriptors, and none of those attached is idle', {
      attached: count,
      waiting: this.#waiting.size,
      descriptorLimit,
      hint: this.#hint(),
    });
  }

  #hint(): string {
    const { count, descriptorLimit, descriptorsEach } = this.#limit;
    const needed = descriptorLimit + (this.#attached.size + this.#waiting.size - count) * descriptorsEach;
    return `attached all at a time they need ${needed} descriptors a process: raise the limit (\`ulimit -n\`, LimitNOFILE in a systemd unit), or set \`workers\` higher`;
  }
}
