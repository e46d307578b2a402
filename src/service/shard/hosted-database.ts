import type { DatabaseConfig } from '../../config/normal-config.ts';
import { DatabaseCounters } from '../../engine/database-counters.ts';
import type { FileChange } from '../../engine/follow/file-change.ts';
import { describeLease } from '../../engine/lease/describe-lease.ts';
import type { MaintenanceRequest } from '../../engine/maintain/maintenance.ts';
import type { DatabaseReplicator } from '../../engine/replicator/database-replicator.ts';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import type { SyncOptions } from '../../engine/replicator/sync-options.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Logger } from '../../runtime/logger.ts';
import { asksForLeases, DatabaseLeases } from '../lease/database-leases.ts';
import { ServiceError } from '../service-error.ts';
import type { DatabaseWatch } from '../watch/directory-watch.ts';
import type { Attachable } from './attachments.ts';
import { HeldDatabase } from './held-database.ts';
import { hostedReplicator } from './hosted-replicator.ts';
import { ParkedDatabase } from './parked-database.ts';
import { restoreIfMissing } from './restore-if-missing.ts';
import type { ShardSettings } from './shard-protocol.ts';
import type { ShardServices } from './shard-services.ts';
import { StrangerLook } from './stranger-look.ts';
import { syncWhenAttached } from './sync-when-attached.ts';
import { waitingStatus } from './waiting-status.ts';

/** How long the start of a database waits for a first word of its leases' stores. */
const firstLookMs = 10_000;
/** How long a stop waits for a parked database that has changed to be attached once more. */
const catchUpMs = 30_000;

/** One database of a shard: its replicas' clients, its watch, and the engine that replicates it. */
export class HostedDatabase implements Attachable {
  readonly config: DatabaseConfig;
  readonly counters = new DatabaseCounters();
  readonly #settings: ShardSettings;
  readonly #services: ShardServices;
  readonly #held: HeldDatabase;
  #watch: DatabaseWatch | undefined;
  #replicator: DatabaseReplicator | undefined;
  #failure: Error | undefined;
  #leases: DatabaseLeases | undefined;
  readonly #strangers = new StrangerLook();
  #starting: Promise<void> | undefined;
  /** Ends its start, or its attachment. */
  #ending: AbortController | undefined;
  #ended: Promise<void> | undefined;
  #isStopped = false;
  #parked: ParkedDatabase | undefined;
  /** How many requests need it attached. */
  #askedCount = 0;

  constructor(config: DatabaseConfig, settings: ShardSettings, services: ShardServices) {
    this.config = config;
    this.#settings = settings;
    this.#services = services;
    this.#held = new HeldDatabase(config, services);
  }

  /** Opens the replicas, restores the database if that was asked for and it is missing, and begins to replicate. */
  start(): Promise<void> {
    this.#ending = new AbortController();
    this.#starting = this.#start(this.#ending.signal).finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(signal: AbortSignal): Promise<void> {
    try {
      await this.#held.lock('refuse-holder-only');
      if (asksForLeases(this.config))
        await this.#openLeases(AbortSignal.any([signal, AbortSignal.timeout(firstLookMs)]));
      else await this.#restoreIfMissing(signal);
      signal.throwIfAborted();
      // Its lock takes a descriptor, and there may be more databases that wait for their turn than descriptors.
      if (!this.#services.attachments.isNear) await this.#held.letGo();
    } catch (error) {
      await this.#close();
      throw error;
    }
    const { path, monitorIntervalMs: pollMs } = this.config;
    this.#watch = this.#services.watch.add({ path, pollMs, notify: (change) => this.#notify(change) });
    this.#services.attachments.ask(this, 'change');
  }

  /** Made when there is something to say: an idle database keeps none. */
  get #logger(): Logger {
    return this.#services.logger.child({ db: this.config.path });
  }

  get replicator(): DatabaseReplicator | undefined {
    return this.#replicator;
  }

  status(): DatabaseStatus {
    const error = this.#failure?.message;
    if (this.#parked !== undefined) return this.#parked.status;
    if (this.#leases === undefined && asksForLeases(this.config)) {
      return { ...waitingStatus(this.config.path, error), state: 'standby', lease: { kind: 'starting', error } };
    }
    const status = this.#replicator?.status() ?? { ...waitingStatus(this.config.path), state: 'attaching' };
    if (error !== undefined) return { ...status, state: 'waiting', error };
    return status.state === 'standby' ? { ...status, error: status.error ?? this.#strangers.because } : status;
  }

  /** See `syncWhenAttached`. */
  sync(options: SyncOptions): Promise<Txid> {
    return this.#whileAttached(() => syncWhenAttached(this, this.#services.clock, options));
  }

  async standbyReason(): Promise<string> {
    await this.#lookForStranger();
    return this.#strangers.because ?? describeLease(this.status().lease);
  }

  /** Compacts the replicas as far as it is due, and does what is asked for. */
  async maintain(request: MaintenanceRequest, options: CallOptions): Promise<void> {
    const isParked = this.#parked !== undefined;
    await this.#whileAttached(async () => {
      if (isParked) await this.sync(options);
      if (this.#replicator === undefined) {
        throw new ServiceError(
          'unavailable',
          `Cannot compact the replicas of ${this.config.path}: it is not replicated yet`,
        );
      }
      await this.#replicator.maintain(request, options);
    });
  }

  /** Where file events do not work nothing is parked: nobody would tell of a change. */
  get idleSinceMs(): number | undefined {
    if (this.#watch === undefined || this.#parked !== undefined || this.#askedCount > 0) return undefined;
    return this.#replicator?.idle?.sinceMs;
  }

  get isBeginning(): boolean {
    const { state } = this.status();
    return state === 'attaching' || (state === 'replicating' && this.#replicator?.idle === undefined);
  }

  /** Ends the attachment of an idle database until something happens to it or its replicas have to be compacted. */
  park(): boolean {
    const { idle } = this.#replicator ?? {};
    if (this.#replicator === undefined || idle === undefined || this.idleSinceMs === undefined) return false;
    const status = this.#replicator.status();
    const parked = this.#replicator.settle(() => new ParkedDatabase(status, idle.untilMs));
    if (parked === undefined) return false;
    this.#parked = parked;
    this.#ending?.abort();
    return true;
  }

  /** Compares what the kernel has with the locks the database relies on. */
  inspect(): void {
    this.#replicator?.inspect();
  }

  /** Says so when this host stands by for another one that will never give its place back. */
  inspectStandby(): void {
    if (this.#replicator?.isStandby === true) void this.#lookForStranger();
  }

  /** Resolves after the last sync, with everything closed. Idempotent. */
  async stop(): Promise<void> {
    if (this.#parked !== undefined && !this.#isStopped) await this.#catchUp(this.#parked);
    this.#isStopped = true;
    this.#ending?.abort();
    await this.#starting?.catch(() => {});
    const { attachments, dueTimes } = this.#services;
    attachments.withdraw(this);
    if (this.#parked !== undefined) dueTimes.delete(this, this.#parked.untilMs);
    await this.#ended;
    this.#watch?.close();
    await this.#close();
  }

  /** What became of a parked database may not have been told yet, or it waits for its turn: there is no later one. */
  async #catchUp(parked: ParkedDatabase): Promise<void> {
    await this.#ended;
    if (this.#parked !== parked || !parked.hasChanged()) return;
    this.#services.attachments.withdraw(this);
    this.attach();
    try {
      await this.sync({ reach: 'local-files', signal: AbortSignal.timeout(catchUpMs) });
    } catch (error) {
      this.#logger.warn('stopped before a change was copied; the next start finds it', { error });
    }
  }

  async #whileAttached<T>(request: () => Promise<T>): Promise<T> {
    this.#askedCount += 1;
    this.#wake();
    try {
      return await request();
    } finally {
      this.#askedCount -= 1;
    }
  }

  #notify(change: FileChange): void {
    if (this.#parked?.hasChanged()) this.#wake();
    this.#replicator?.notify(change);
  }

  /** A parked database is attached again, but not before its last attachment has ended. */
  #wake(): void {
    if (this.#parked === undefined) return;
    if (this.#ended === undefined) this.#services.attachments.ask(this, 'change');
    else this.#parked.isWanted = true;
  }

  /** Its turn has come: it is attached until it is parked or stopped. */
  attach(): void {
    if (this.#parked !== undefined) this.#services.dueTimes.delete(this, this.#parked.untilMs);
    this.#parked = undefined;
    this.#ending = new AbortController();
    if (this.#isStopped) this.#ending.abort();
    this.#ended = this.#run(this.#ending.signal).finally(() => this.#rest());
  }

  /** The engine handles what can go wrong with a database; what comes out of it is a mistake in it, and it starts over. */
  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#services;
    const backoff = new Backoff({ firstMs: 1_000, limitMs: 60_000 });
    while (!signal.aborted) {
      try {
        await this.#replicate(signal);
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
        this.#logger.error('cannot replicate, starting over', { error });
        this.#watch?.resume();
        await clock.sleep(backoff.next(), signal);
      }
    }
  }

  /** Nothing is attached any more. A change of a parked database may have been told while its attachment was ending. */
  #rest(): void {
    this.#ended = undefined;
    this.#services.attachments.release(this);
    if (this.#parked === undefined || this.#isStopped) return;
    this.#ending = undefined;
    this.#services.leftovers.note();
    if (this.#parked.isWanted || this.#parked.hasChanged()) this.#services.attachments.ask(this, 'change');
    else this.#services.dueTimes.add(this, this.#parked.untilMs);
  }

  /** Resolves when it is stopped or parked. */
  async #replicate(signal: AbortSignal): Promise<void> {
    await this.#held.lock('refuse');
    this.#leases ??= await DatabaseLeases.open(this.config, this.#services, { signal });
    this.#replicator = this.#newReplicator(this.#leases);
    this.#failure = undefined;
    await this.#replicator.run(signal);
    if (this.#parked === undefined || this.#isStopped) return;
    this.#replicator = undefined;
    if (!asksForLeases(this.config)) this.#leases = undefined;
    await this.#held.letGo();
  }

  /** Leases that cannot be asked about now are asked about again; that a store cannot carry one is final. */
  async #openLeases(signal: AbortSignal): Promise<void> {
    if (!this.#held.isLocked) return;
    try {
      this.#leases = await DatabaseLeases.open(this.config, this.#services, { signal });
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'lease-unproven') throw error;
      this.#logger.warn('cannot ask for the lease, trying again', { error });
    }
  }

  async #lookForStranger(): Promise<void> {
    await this.#strangers.look(this.#leases, { logger: this.#logger, signal: this.#ending?.signal });
  }

  async #restoreIfMissing(signal: AbortSignal): Promise<boolean> {
    if (!this.config.restoreIfDbNotExists) return false;
    const services = { ...this.#services, logger: this.#logger, work: this.counters.work };
    return restoreIfMissing(this.config, this.#held.replicas, services, { signal });
  }

  async #prepare(leases: DatabaseLeases, signal: AbortSignal): Promise<boolean> {
    await leases.claim({ signal });
    return this.#restoreIfMissing(signal);
  }

  #newReplicator(leases: DatabaseLeases): DatabaseReplicator {
    const { config, counters } = this;
    const prepare = (signal: AbortSignal) => this.#prepare(leases, signal);
    const parts = { config, counters, leases, prepare, replicas: this.#held.replicas, watch: this.#watch };
    return hostedReplicator(parts, this.#settings, this.#services);
  }

  async #close(): Promise<void> {
    await this.#leases?.close();
    await this.#held.letGo();
  }
}
