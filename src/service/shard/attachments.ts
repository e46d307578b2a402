import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';

/** How often databases are looked at while some wait or begin, or there are more to park. */
const lookMs = 50;
/** How often those attached are looked for some that may be parked, as a part of how long they have to be idle. */
const parkShare = 4;
const parkLookMs = { least: 250, most: 60_000 } as const;
/** So many databases are parked in one look: copying the rest of a WAL back holds everything up. */
const parkedAtOnce = 32;
/** Of those that begin, as many again as are being attached: while their files are shipped. */
const beginShare = 2;
/** One that has not begun by then does not keep others waiting. */
const beginMs = 250;
/** How often those that have not begun by then are looked at: they too may be parked as soon as they have. */
const slowLookMs = 1_000;
/** The same for those that are attached for the sake of their replicas alone. */
const careAtOnce = 4;
/** After so long without room it is said that nothing can be parked. */
const patienceMs = 10_000;

/** One that may be attached. */
export interface Attachable {
  /** Since when it is attached with nothing to do and everything shipped; undefined when it is not. */
  readonly idleSinceMs: number | undefined;
  /** Whether its attachment is still being made, or what it found is being shipped. */
  readonly isBeginning: boolean;
  /** Begins an attachment; `release` is called at its end. */
  attach(): void;
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

export interface AttachmentSettings extends AttachmentLimit {
  /** 0: databases are parked only where others need their descriptors. */
  readonly parkAfterMs: number;
  readonly databasesAtOnce: number;
}

/**
 * Decides which databases of a process are attached: a few begin at a time, those are parked that have been idle for long,
 * and where descriptors run out those that have been idle longest.
 */
export class Attachments {
  readonly #limit: AttachmentLimit;
  readonly #parkAfterMs: number;
  /** How many databases begin at a time. */
  readonly #beginAtOnce: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #attached = new Set<Attachable>();
  readonly #beginning = new Map<Attachable, number>();
  readonly #slow = new Set<Attachable>();
  readonly #parking = new Set<Attachable>();
  readonly #waiting = new Set<Attachable>();
  /** Those that wait for the sake of their replicas alone. */
  readonly #due = new Set<Attachable>();
  /** What was idle at the last look for room, the longest last. */
  #idle: Attachable[] = [];
  #next: { readonly atMs: number; readonly callOff: () => void } | undefined;
  #parkedAtMs = 0;
  #slowAtMs = 0;
  #hasMoreToPark = false;
  #waitingSinceMs = 0;
  #isClosed = false;
  #hasSaidParking = false;
  #hasSaidFull = false;

  constructor(
    { parkAfterMs, databasesAtOnce, ...limit }: AttachmentSettings,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#limit = limit;
    this.#parkAfterMs = parkAfterMs;
    this.#beginAtOnce = beginShare * databasesAtOnce;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Whether a database that asks now will be attached soon, so that it may keep its lock. */
  get isNear(): boolean {
    const near = this.#parkAfterMs > 0 ? Math.min(this.#beginAtOnce, this.#limit.count) : this.#limit.count;
    return this.#attached.size + this.#waiting.size < near;
  }

  /** Attaches the database when it is its turn and there is room, by calling it. `care`: only its replicas have to be compacted. */
  ask(database: Attachable, reason: 'change' | 'care'): void {
    if (this.#attached.has(database) || this.#waiting.has(database)) return;
    if (reason === 'care') this.#due.add(database);
    else {
      this.#due.delete(database);
      if (this.#waiting.size === 0) this.#waitingSinceMs = this.#clock.monotonic();
      this.#waiting.add(database);
    }
    this.#proceed();
  }

  /** It is not to be attached any more. */
  withdraw(database: Attachable): void {
    this.#waiting.delete(database);
    this.#due.delete(database);
  }

  /** Nothing is attached any more from now on. */
  close(): void {
    this.#isClosed = true;
    this.#planLook();
  }

  /** The database is not attached any more. */
  release(database: Attachable): void {
    this.#attached.delete(database);
    this.#beginning.delete(database);
    this.#slow.delete(database);
    this.#parking.delete(database);
    this.#waitingSinceMs = this.#clock.monotonic();
    this.#proceed();
  }

  get #hasRoom(): boolean {
    return this.#attached.size < this.#limit.count;
  }

  #proceed(): void {
    if (this.#isClosed) return;
    this.#admit(this.#waiting, this.#beginAtOnce);
    if (this.#waiting.size === 0) this.#admit(this.#due, careAtOnce);
    this.#makeRoom();
    this.#planLook();
  }

  #admit(queue: Set<Attachable>, atOnce: number): void {
    for (const database of queue) {
      if (!this.#hasRoom || this.#beginning.size >= atOnce) return;
      queue.delete(database);
      this.#attached.add(database);
      this.#beginning.set(database, this.#clock.monotonic());
      database.attach();
    }
  }

  #planLook(): void {
    const nowMs = this.#clock.monotonic();
    const atMs = this.#nextLookMs(nowMs);
    if (this.#next !== undefined && this.#next.atMs <= atMs && atMs !== Infinity) return;
    this.#next?.callOff();
    this.#next = atMs === Infinity ? undefined : { atMs, callOff: this.#clock.after(atMs - nowMs, () => this.#look()) };
  }

  #nextLookMs(nowMs: number): number {
    if (this.#isClosed) return Infinity;
    if (this.#waiting.size > 0 || this.#beginning.size > 0 || this.#hasMoreToPark) return nowMs + lookMs;
    if (this.#parkAfterMs === 0 || this.#attached.size === 0) return Infinity;
    const slowMs = this.#slow.size > 0 ? this.#slowAtMs + slowLookMs : Infinity;
    return Math.max(nowMs, Math.min(slowMs, this.#parkedAtMs + this.#parkLookMs));
  }

  #look(): void {
    this.#next = undefined;
    const nowMs = this.#clock.monotonic();
    for (const [database, sinceMs] of this.#beginning) {
      const { isBeginning } = database;
      if (isBeginning && nowMs - sinceMs < beginMs) continue;
      this.#beginning.delete(database);
      if (isBeginning) this.#slow.add(database);
      else this.#parkIfLong(database, nowMs);
    }
    if (nowMs - this.#slowAtMs >= slowLookMs) this.#parkSlow(nowMs);
    if (this.#hasMoreToPark || nowMs - this.#parkedAtMs >= this.#parkLookMs) this.#parkAll(nowMs);
    this.#proceed();
  }

  #parkSlow(nowMs: number): void {
    this.#slowAtMs = nowMs;
    for (const database of this.#slow) {
      if (database.isBeginning) continue;
      this.#slow.delete(database);
      this.#parkIfLong(database, nowMs);
    }
  }

  #parkAll(nowMs: number): void {
    this.#parkedAtMs = nowMs;
    this.#hasMoreToPark = false;
    if (this.#parkAfterMs === 0) return;
    let left = parkedAtOnce;
    for (const database of this.#attached) {
      if (this.#parkIfLong(database, nowMs)) left -= 1;
      this.#hasMoreToPark = left === 0;
      if (this.#hasMoreToPark) return;
    }
  }

  #parkIfLong(database: Attachable, nowMs: number): boolean {
    if (this.#parkAfterMs === 0) return false;
    const { idleSinceMs = Number.POSITIVE_INFINITY } = database;
    return nowMs - idleSinceMs >= this.#parkAfterMs && this.#park(database);
  }

  #park(database: Attachable): boolean {
    if (this.#parking.has(database) || !database.park()) return false;
    this.#parking.add(database);
    return true;
  }

  /** Parks as many databases as may begin in their place, those first that have been idle longest. */
  #makeRoom(): void {
    const missing = () => Math.min(this.#waiting.size, this.#beginAtOnce) - this.#parking.size;
    if (this.#hasRoom || missing() <= 0) return;
    if (this.#idle.length === 0) this.#idle = this.#idleOnes();
    const wasIdle = this.#idle.length > 0;
    while (missing() > 0) {
      const database = this.#idle.pop();
      if (database === undefined) break;
      if (database.idleSinceMs !== undefined) this.#park(database);
    }
    if (wasIdle) this.#sayParking();
    else if (this.#parking.size === 0) this.#sayFull();
  }

  #idleOnes(): Attachable[] {
    const idle = [...this.#attached].flatMap((database) => {
      const { idleSinceMs } = database;
      return idleSinceMs === undefined || this.#parking.has(database) ? [] : [{ database, idleSinceMs }];
    });
    return idle.sort((a, b) => b.idleSinceMs - a.idleSinceMs).map(({ database }) => database);
  }

  get #parkLookMs(): number {
    return Math.min(parkLookMs.most, Math.max(parkLookMs.least, this.#parkAfterMs / parkShare));
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
