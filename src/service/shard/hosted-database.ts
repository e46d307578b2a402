import type { DatabaseConfig } from '../../config/normal-config.ts';
import { DatabaseCounters } from '../../engine/database-counters.ts';
import type { DatabaseLock } from '../../engine/database-lock.ts';
import type { FileChange } from '../../engine/follow/file-change.ts';
import { describeLease } from '../../engine/lease/describe-lease.ts';
import type { MaintenanceRequest } from '../../engine/maintain/maintenance.ts';
import { DatabaseReplicator } from '../../engine/replicator/database-replicator.ts';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import type { NamedClient } from '../../engine/replicator/replica-heads.ts';
import type { SyncOptions } from '../../engine/replicator/sync-options.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import { openReplica } from '../../replica/open-replica.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { Backoff } from '../../runtime/backoff.ts';
import { LinkedSignal } from '../../runtime/linked-signal.ts';
import type { Logger } from '../../runtime/logger.ts';
import { holdDatabase } from '../hold-database.ts';
import { asksForLeases, DatabaseLeases } from '../lease/database-leases.ts';
import { ServiceError } from '../service-error.ts';
import type { DatabaseWatch } from '../watch/directory-watch.ts';
import type { Attachable } from './attachments.ts';
import { engineSettings } from './engine-settings.ts';
import { ParkedDatabase } from './parked-database.ts';
import { restoreIfMissing } from './restore-if-missing.ts';
import type { ShardSettings } from './shard-protocol.ts';
import type { ShardServices } from './shard-services.ts';
import { syncWhenAttached } from './sync-when-attached.ts';
import { waitingStatus } from './waiting-status.ts';

/** How long the start of a database waits for a first word of its leases' stores. */
const firstLookMs = 10_000;

/** One database of a shard: its replicas' clients, its watch, and the engine that replicates it. */
export class HostedDatabase implements Attachable {
  readonly config: DatabaseConfig;
  readonly counters = new DatabaseCounters();
  readonly #settings: ShardSettings;
  readonly #services: ShardServices;
  readonly #stopping = new AbortController();
  #replicas: readonly NamedClient[] = [];
  #watch: DatabaseWatch | undefined;
  #replicator: DatabaseReplicator | undefined;
  #failure: Error | undefined;
  #lock: DatabaseLock | undefined;
  #leases: DatabaseLeases | undefined;
  #stranger: string | undefined;
  #starting: Promise<void> = Promise.resolve();
  #ended: Promise<void> | undefined;
  #parking = new AbortController();
  #parked: ParkedDatabase | undefined;
  /** How many requests need it attached. */
  #askedCount = 0;

  constructor(config: DatabaseConfig, settings: ShardSettings, services: ShardServices) {
    this.config = config;
    this.#settings = settings;
    this.#services = services;
  }

  /** Opens the replicas, restores the database if that was asked for and it is missing, and begins to replicate. */
  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    this.#openReplicas();
    const { signal } = this.#stopping;
    try {
      await this.#hold('refuse-holder-only');
      if (asksForLeases(this.config))
        await this.#openLeases(AbortSignal.any([signal, AbortSignal.timeout(firstLookMs)]));
      else await this.#restoreIfMissing(signal);
      signal.throwIfAborted();
      // Its lock takes a descriptor, and there may be more databases that wait for their turn than descriptors.
      if (!this.#services.attachments.hasRoom) await this.#letGo();
    } catch (error) {
      await this.#close();
      throw error;
    }
    const { path, monitorIntervalMs: pollMs } = this.config;
    this.#watch = this.#services.watch.add({ path, pollMs, notify: (change) => this.#notify(change) });
    this.#ended = this.#run(signal);
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
    return status.state === 'standby' ? { ...status, error: status.error ?? this.#stranger } : status;
  }

  /** See `syncWhenAttached`. */
  sync(options: SyncOptions): Promise<Txid> {
    return this.#whileAttached(() => syncWhenAttached(this, this.#services.clock, options));
  }

  async standbyReason(): Promise<string> {
    await this.#lookForStranger();
    return this.#stranger ?? describeLease(this.status().lease);
  }

  /** Compacts the replicas as far as it is due, and does what is asked for. */
  async maintain(request: MaintenanceRequest, options: CallOptions): Promise<void> {
    await this.#whileAttached(() => this.#maintain(request, options));
  }

  async #maintain(request: MaintenanceRequest, options: CallOptions): Promise<void> {
    if (this.#parked !== undefined) await this.sync(options);
    if (this.#replicator === undefined) {
      throw new ServiceError(
        'unavailable',
        `Cannot compact the replicas of ${this.config.path}: it is not replicated yet`,
      );
    }
    await this.#replicator.maintain(request, options);
  }

  /** Where file events do not work nothing is parked: nobody would tell of a change. */
  get idleSinceMs(): number | undefined {
    if (this.#watch === undefined || this.#parked !== undefined || this.#askedCount > 0) return undefined;
    return this.#replicator?.idle?.sinceMs;
  }

  /** Ends the attachment of an idle database until something happens to it or its replicas have to be compacted. */
  park(): boolean {
    const { idle } = this.#replicator ?? {};
    if (this.#replicator === undefined || idle === undefined || this.idleSinceMs === undefined) return false;
    if (!this.#replicator.settle()) return false;
    const database = { path: this.config.path, status: this.#replicator.status(), untilMs: idle.untilMs };
    this.#parked = new ParkedDatabase(database, this.#services);
    this.#parking.abort();
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
    this.#stopping.abort();
    await this.#starting.catch(() => {});
    await this.#ended;
    await this.#close();
  }

  async #whileAttached<T>(request: () => Promise<T>): Promise<T> {
    this.#askedCount += 1;
    this.#parked?.wake();
    try {
      return await request();
    } finally {
      this.#askedCount -= 1;
    }
  }

  #notify(change: FileChange): void {
    this.#parked?.notify();
    this.#replicator?.notify(change);
  }

  /** The engine handles what can go wrong with a database; what comes out of it is a mistake in it, and it starts over. */
  async #run(signal: AbortSignal): Promise<void> {
    const { attachments, clock } = this.#services;
    const backoff = new Backoff({ firstMs: 1_000, limitMs: 60_000 });
    while (!signal.aborted) {
      if (!(await attachments.admit(this, signal))) break;
      try {
        await this.#replicate(signal);
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
        this.#logger.error('cannot replicate, starting over', { error });
        this.#watch?.resume();
        await clock.sleep(backoff.next(), signal);
      } finally {
        attachments.release(this);
      }
      await this.#parked?.woken(signal);
      this.#parked = undefined;
    }
    this.#watch?.close();
  }

  /** Resolves when it is stopped or parked. */
  async #replicate(signal: AbortSignal): Promise<void> {
    await this.#hold('refuse');
    if (this.#replicas.length === 0) this.#openReplicas();
    this.#leases ??= await DatabaseLeases.open(this.config, this.#services, { signal });
    this.#replicator = this.#newReplicator(this.#leases);
    this.#failure = undefined;
    this.#parking = new AbortController();
    using ended = LinkedSignal.of(signal, this.#parking.signal);
    await this.#replicator.run(ended.signal);
    if (this.#parked === undefined || signal.aborted) return;
    this.#replicator = undefined;
    await this.#letGo();
  }

  #openReplicas(): void {
    this.#replicas = this.config.replicas.map(({ name, autoRecover, location }) => {
      const logger = this.#logger.child({ replica: name });
      return { name, autoRecover, client: openReplica(location, { ...this.#services, logger }) };
    });
  }

  /** Leases that cannot be asked about now are asked about again; that a store cannot carry one is final. */
  async #openLeases(signal: AbortSignal): Promise<void> {
    if (this.#lock === undefined) return;
    try {
      this.#leases = await DatabaseLeases.open(this.config, this.#services, { signal });
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'lease-unproven') throw error;
      this.#logger.warn('cannot ask for the lease, trying again', { error });
    }
  }

  /** A host that stands by for ever because another one has taken its place in a replica must say so. */
  async #lookForStranger(): Promise<void> {
    const { signal } = this.#stopping;
    const stranger = await this.#leases?.stranger({ signal }).catch(() => undefined); // asked again in a minute
    if (stranger !== undefined && stranger.because !== this.#stranger)
      this.#logger.error('stands by for ever', { ...stranger });
    this.#stranger = stranger?.because;
  }

  async #restoreIfMissing(signal: AbortSignal): Promise<boolean> {
    if (!this.config.restoreIfDbNotExists) return false;
    const services = { ...this.#services, logger: this.#logger, work: this.counters.work };
    return restoreIfMissing(this.config, this.#replicas, services, { signal });
  }

  async #prepare(leases: DatabaseLeases, signal: AbortSignal): Promise<boolean> {
    await leases.claim({ signal });
    return this.#restoreIfMissing(signal);
  }

  #newReplicator(leases: DatabaseLeases): DatabaseReplicator {
    return new DatabaseReplicator(
      {
        settings: engineSettings(this.config, this.#settings),
        replicas: this.#replicas.map((replica) => ({ ...replica, lease: leases.of(replica.name) })),
        prepare: (signal) => this.#prepare(leases, signal),
        watched: this.#watch !== undefined,
        shutdown: this.#settings.shutdown,
        careMode: this.#settings.careMode,
        counters: this.counters,
        onBusy: (busy) => {
          if (busy) this.#watch?.pause();
          else this.#watch?.resume();
        },
      },
      this.#services,
    );
  }

  /**
   * Takes the lock that keeps other processes away, unless it is held. Another process is refused to at the start; a meta
   * directory that cannot be written may become writable.
   */
  async #hold(failures: 'refuse' | 'refuse-holder-only'): Promise<void> {
    try {
      this.#lock ??= await holdDatabase('replicate', this.config, this.#services);
    } catch (error) {
      if (failures === 'refuse' || (error instanceof ServiceError && error.code === 'in-use')) throw error;
    }
  }

  async #close(): Promise<void> {
    await this.#leases?.close();
    await this.#letGo();
  }

  /** Closes everything but the leases. */
  async #letGo(): Promise<void> {
    await Promise.all(this.#replicas.map(({ client }) => client.close()));
    this.#replicas = [];
    await this.#lock?.release();
    this.#lock = undefined;
  }
}
