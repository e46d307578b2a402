import { noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { CallOptions, LtxFileInfo } from '../../replica/replica-client.ts';
import { ReplicaError } from '../../replica/replica-error.ts';
import { Backoff } from '../../runtime/backoff.ts';
import { longestTimerMs } from '../../runtime/clock.ts';
import { LinkedSignal } from '../../runtime/linked-signal.ts';
import { Mutex } from '../../runtime/mutex.ts';
import { hintOf } from '../../runtime/typed-error.ts';
import { Wakeup } from '../../runtime/wakeup.ts';
import { nextBoundary } from '../levels/boundary.ts';
import type { LevelSettings } from '../levels/level-settings.ts';
import { isCompactionPending } from '../levels/plan-compaction.ts';
import { isSnapshotDue, isSnapshotPending } from '../levels/plan-snapshot.ts';
import { ReplicaCatalog } from '../levels/replica-catalog.ts';
import type { ShippedFile } from '../levels/shipped-file.ts';
import type { SyncFileCounts } from '../levels/sync-file-counts.ts';
import { readHeader } from '../restore/read-header.ts';
import type { MaintainServices } from './maintain-services.ts';
import { ReplicaUpkeep, type UpkeepOptions } from './replica-upkeep.ts';

const firstRetryMs = 1_000;
const retryLimitMs = 300_000;
const fewFiles = 32;
/** How much later than due the replica of a database at rest is looked after, at most, as a part of the snapshot interval. */
const spread = 0.1;

export interface MaintenanceOptions extends UpkeepOptions {
  /** The newest TXID that the replica has acknowledged; undefined while it is not known, or nobody may touch the replica. */
  readonly acknowledged: () => Txid | undefined;
  /** Told of each failure, after it was said. */
  readonly onFailure?: ((error: Error) => void) | undefined;
  /** Ends everything, in the middle of whatever it is. */
  readonly signal: AbortSignal;
}

/** What is asked for beyond what is due. */
export interface MaintenanceRequest {
  readonly forceSnapshot: boolean;
  readonly enforceRetention: boolean;
}

/**
 * Compacts one replica of one database, writes its snapshots and deletes what is over: at boundaries of the wall clock while
 * there is something to do, and at the next expiry. With nothing to come there is no timer and no call to the store.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #settings: LevelSettings;
  readonly #services: MaintainServices;
  readonly #upkeep: ReplicaUpkeep;
  readonly #wakeup: Wakeup;
  readonly #backoff = new Backoff({ firstMs: firstRetryMs, limitMs: retryLimitMs });
  readonly #mutex = new Mutex();
  #catalog: ReplicaCatalog | undefined;
  /** What was shipped while the catalog is being loaded. */
  #meanwhile: ShippedFile[] | undefined;
  #forgottenCount = 0;
  /** How much maintenance is under way. */
  #workCount = 0;
  /** Wall-clock times; undefined: nothing is to come. */
  #boundaryMs: number | undefined;
  #expiryMs: number | undefined;
  #error: Error | undefined;
  /** On the monotonic clock. */
  #retryAtMs = 0;
  #isParked = true;
  #hasSaidDisabled = false;
  /** So that not all databases come at the same moment. */
  readonly #restLongerMs: number;

  constructor(options: MaintenanceOptions, services: MaintainServices) {
    this.#options = options;
    this.#settings = options.settings;
    this.#services = services;
    this.#upkeep = new ReplicaUpkeep(options, services);
    this.#wakeup = new Wakeup(services.clock);
    this.#restLongerMs = Math.random() * spread * options.settings.snapshotIntervalMs;
  }

  /** What keeps the replica from being maintained. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** The wall-clock time of what is to come next; Infinity when nothing is, undefined while that is not known. */
  get nextMs(): number | undefined {
    const isKnown = this.#catalog !== undefined && this.#options.acknowledged() !== undefined;
    if (!isKnown || this.#workCount > 0 || this.#error !== undefined) return undefined;
    return this.#dueMs;
  }

  /**
   * Until when a database without changes may be left alone, as `nextMs`: a few files below the snapshots cost a restore
   * nothing, so they wait for the next snapshot.
   */
  get restUntilMs(): number | undefined {
    const { nextMs } = this;
    if (nextMs === undefined || nextMs === Infinity || this.#catalog!.changeFileCount > fewFiles) return nextMs;
    const boundaryMs = nextBoundary(this.#services.clock.now(), this.#settings.snapshotIntervalMs);
    return Math.max(nextMs, boundaryMs + this.#restLongerMs);
  }

  get verifiedAtMs(): number | undefined {
    return this.#upkeep.verifiedAtMs;
  }

  get syncFiles(): SyncFileCounts | undefined {
    return this.#upkeep.syncFiles;
  }

  get verifyErrorCount(): number {
    return this.#upkeep.verifyErrorCount;
  }

  /** To be called for every file that the replica has acknowledged. */
  shipped(shipped: ShippedFile): void {
    this.#catalog?.add(shipped.file, shipped.facts);
    this.#meanwhile?.push(shipped);
    const { intervalsMs, snapshotIntervalMs } = this.#settings;
    const soonestMs = nextBoundary(this.#services.clock.now(), intervalsMs[0] ?? snapshotIntervalMs);
    if (this.#boundaryMs === undefined || this.#boundaryMs > soonestMs) this.#wakeup.poke();
  }

  /** To be called when it becomes known how far the replica is. */
  notify(): void {
    if (this.#isParked) this.#wakeup.poke();
  }

  /** To be called when files were given to the replica by others. */
  forget(): void {
    this.#catalog = undefined;
    this.#forgottenCount++;
    this.#wakeup.poke();
  }

  /** Does what is due whenever it is. Never rejects for what the replica does. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    using _heard = this.#wakeup.hear(signal);
    while (!signal.aborted) {
      await this.#wakeup.wait(this.#waitMs(), signal);
      if (signal.aborted || this.#services.clock.monotonic() < this.#retryAtMs) continue;
      if (this.#isDue()) await this.#maintainOrSay();
      else this.#schedule();
    }
  }

  /** Does what is due, and what is asked for; rejects when that is not possible. */
  async maintain(request: MaintenanceRequest, { signal: given }: CallOptions = {}): Promise<void> {
    using linked = LinkedSignal.of(this.#options.signal, given);
    const { signal } = linked;
    this.#workCount += 1;
    try {
      await this.#mutex.run(() => this.#maintainAgain(request, signal));
    } finally {
      this.#workCount -= 1;
    }
  }

  /** What is missing by now is looked for once more. */
  async #maintainAgain(request: MaintenanceRequest, signal: AbortSignal): Promise<void> {
    try {
      await this.#maintainInTurn(request, signal);
    } catch (error) {
      this.#catalog = undefined; // what is there after an error has to be looked at
      if (!(error instanceof ReplicaError) || error.code !== 'not-found') throw error;
      await this.#maintainInTurn(request, signal);
    }
  }

  /** Turns are for the work, not for the look at what there is, which takes a store's time and nothing of ours. */
  async #maintainInTurn(request: MaintenanceRequest, signal: AbortSignal): Promise<void> {
    await this.#load(signal);
    await this.#services.limits.slots.run(signal, () => this.#maintain(request, signal));
  }

  async #maintainOrSay(): Promise<void> {
    const { clock, logger } = this.#services;
    try {
      await this.maintain({ forceSnapshot: false, enforceRetention: true });
      if (this.#error !== undefined) logger.info('the replica is compacted again');
      this.#error = undefined;
      this.#backoff.reset();
    } catch (cause) {
      if (this.#options.signal.aborted) return;
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (error.message !== this.#error?.message) {
        logger.error('cannot compact the replica, trying again', { error, hint: hintOf(error) });
      }
      this.#error = error;
      this.#retryAtMs = clock.monotonic() + this.#backoff.next();
      this.#options.onFailure?.(error);
    }
  }

  /** A level that cannot be compacted must not keep the others from what they need: the first error comes last. */
  async #maintain({ forceSnapshot, enforceRetention }: MaintenanceRequest, signal: AbortSignal): Promise<void> {
    const upTo = this.#options.acknowledged() ?? noTxid;
    const catalog = await this.#load(signal);
    const { snapshotIntervalMs: intervalMs } = this.#settings;
    const due = { intervalMs, upTo, nowMs: this.#services.clock.now() };
    const errors: unknown[] = [];
    const step = async (work: () => Promise<void>): Promise<void> => {
      await work().catch((error: unknown) => {
        signal.throwIfAborted();
        errors.push(error);
      });
    };
    await step(() => this.#upkeep.compact(catalog, upTo, signal));
    await step(async () => {
      const isWanted = forceSnapshot ? isSnapshotPending(catalog, upTo) : await isSnapshotDue(catalog, due);
      if (isWanted) await this.#upkeep.snapshot(catalog, upTo, signal);
    });
    if (enforceRetention) await step(() => this.#retain(catalog, upTo, signal));
    if (errors.length > 0) throw errors[0];
    this.#schedule();
  }

  async #retain(catalog: ReplicaCatalog, upTo: Txid, signal: AbortSignal): Promise<void> {
    if (this.#settings.isRetentionEnabled) {
      this.#expiryMs = await this.#upkeep.retain(catalog, upTo, signal);
      return;
    }
    if (!this.#hasSaidDisabled) this.#services.logger.info('retention is switched off: nothing is deleted');
    this.#hasSaidDisabled = true;
  }

  async #load(signal: AbortSignal): Promise<ReplicaCatalog> {
    const { client, signal: stopped } = this.#options;
    while (this.#catalog === undefined) {
      const forgottenCount = this.#forgottenCount;
      const meanwhile: ShippedFile[] = [];
      this.#meanwhile = meanwhile;
      const readFacts = (file: LtxFileInfo) => readHeader(client, file, { signal: stopped });
      const catalog = await ReplicaCatalog.load(client, readFacts, { signal });
      for (const { file, facts } of meanwhile) catalog.add(file, facts);
      catalog.remove(this.#upkeep.refused);
      this.#meanwhile = undefined;
      if (forgottenCount === this.#forgottenCount) this.#catalog = catalog;
    }
    return this.#catalog;
  }

  /** The next boundary at which some level has something to take in. */
  #schedule(): void {
    const catalog = this.#catalog;
    const upTo = this.#options.acknowledged() ?? noTxid;
    if (catalog === undefined) return;
    const { intervalsMs, snapshotIntervalMs } = this.#settings;
    const pending = intervalsMs.filter((_, i) => isCompactionPending(catalog, i + 1, upTo));
    if (isSnapshotPending(catalog, upTo)) pending.push(snapshotIntervalMs);
    const nowMs = this.#services.clock.now();
    const boundaries = pending.map((intervalMs) => nextBoundary(nowMs, intervalMs));
    this.#boundaryMs = boundaries.length === 0 ? undefined : Math.min(...boundaries);
  }

  /** What the replica holds is looked at once, as soon as it is known how far it is. */
  #isDue(): boolean {
    if (this.#options.acknowledged() === undefined) return false;
    if (this.#catalog === undefined) return true;
    return this.#services.clock.now() >= this.#dueMs;
  }

  get #dueMs(): number {
    return Math.min(this.#boundaryMs ?? Infinity, this.#expiryMs ?? Infinity);
  }

  #waitMs(): number | undefined {
    const { clock } = this.#services;
    this.#isParked = this.#options.acknowledged() === undefined;
    if (this.#isParked) return undefined;
    const retryMs = this.#retryAtMs - clock.monotonic();
    if (retryMs > 0) return retryMs;
    if (this.#isDue()) return 0;
    return this.#dueMs === Infinity ? undefined : Math.min(longestTimerMs, this.#dueMs - clock.now());
  }
}
