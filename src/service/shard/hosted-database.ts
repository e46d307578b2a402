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
import { asksForLeases, type DatabaseLeases } from '../lease/database-leases.ts';
import { ServiceError } from '../service-error.ts';
import type { DatabaseWatch } from '../watch/directory-watch.ts';
import type { Attachable } from './attachments.ts';
import { HeldDatabase } from './held-database.ts';
import { HostedLeases } from './hosted-leases.ts';
import { hostedReplicator } from './hosted-replicator.ts';
import { ParkedDatabase } from './parked-database.ts';
import { restoreIfMissing } from './restore-if-missing.ts';
import type { ShardSettings } from './shard-protocol.ts';
import type { ShardServices } from './shard-services.ts';
import { syncWhenAttached } from './sync-when-attached.ts';
import { waitingStatus } from './waiting-status.ts';

const stoppedEarlyHint = 'what was committed meanwhile is shipped by the next start that gets the lease';

/** One database of a shard: its replicas' clients, its watch, and the engine that replicates it. */
export class HostedDatabase implements Attachable {
  readonly config: DatabaseConfig;
  readonly counters: DatabaseCounters;
  readonly #settings: ShardSettings;
  readonly #services: ShardServices;
  readonly #held: HeldDatabase;
  readonly #leases: HostedLeases;
  #watch: DatabaseWatch | undefined;
  #replicator: DatabaseReplicator | undefined;
  #failure: Error | undefined;
  #starting: Promise<void> | undefined;
  /** Ends its start, or its attachment. */
  #ending: AbortController | undefined;
  #ended: Promise<void> | undefined;
  #isStopped = false;
  #parked: ParkedDatabase | undefined;
  #onAttach: (() => void) | undefined;
  /** How many requests need it attached. */
  #askedCount = 0;

  constructor(config: DatabaseConfig, settings: ShardSettings, services: ShardServices) {
    this.config = config;
    this.#settings = settings;
    this.#services = services;
    this.#held = new HeldDatabase(config, services);
    this.#leases = new HostedLeases(config, services);
    this.counters = new DatabaseCounters((isUnderWay) => this.#noteWork(isUnderWay));
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
      if (!asksForLeases(this.config)) await this.#restoreIfMissing(signal);
      else if (this.#held.isLocked) await this.#leases.openIfAnswered(signal);
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
    if (this.#leases.areUnknown) {
      return { ...waitingStatus(this.config.path, error), state: 'standby', lease: { kind: 'starting', error } };
    }
    const status = this.#replicator?.status() ?? { ...waitingStatus(this.config.path), state: 'attaching' };
    if (error !== undefined) return { ...status, state: 'waiting', error };
    return status.state === 'standby' ? { ...status, error: status.error ?? this.#leases.stranger } : status;
  }

  /** See `syncWhenAttached`. */
  sync(options: SyncOptions): Promise<Txid> {
    return this.#whileAttached(() => syncWhenAttached(this, this.#services.clock, options));
  }

  async standbyReason(): Promise<string> {
    await this.#leases.lookForStranger({ signal: this.#ending?.signal });
    return this.#leases.stranger ?? describeLease(this.status().lease);
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
    const nowMs = this.#services.clock.now();
    const parked = this.#replicator.settle(() => new ParkedDatabase(status, idle.untilMs, nowMs));
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
    if (this.#replicator?.isStandby !== true) return;
    void this.#leases.lookForStranger({ signal: this.#ending?.signal });
  }

  /** It is about to be stopped: it is not attached any more unless `stop` wants it. */
  announceStop(): void {
    this.#isStopped = true;
    this.#services.attachments.withdraw(this);
    if (this.#parked !== undefined) this.#services.dueTimes.delete(this, this.#parked.untilMs);
  }

  /** Resolves after the last sync, with everything closed. Idempotent. */
  async stop(): Promise<void> {
    this.announceStop();
    this.#ending?.abort();
    const { lease } = this.status();
    await this.#starting?.catch(() => {});
    if (lease?.kind === 'starting') this.#logger.warn('stopped before it had the lease', { hint: stoppedEarlyHint });
    this.#services.attachments.withdraw(this);
    await this.#ended;
    if (this.#parked?.hasChanged()) await this.#attachOnce();
    this.#watch?.close();
    await this.#close();
  }

  /** For a last sync of a parked database that has changed. Where it has to wait too long the next start finds the change. */
  async #attachOnce(): Promise<void> {
    const { attachments, clock } = this.#services;
    const begun = new AbortController();
    this.#onAttach = () => begun.abort();
    attachments.ask(this, 'change');
    await clock.sleep(this.#settings.shutdown.timeoutMs, begun.signal);
    attachments.withdraw(this);
    await this.#ended;
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

  #noteWork(isUnderWay: boolean): void {
    const { atWork, leftovers } = this.#services;
    atWork[isUnderWay ? 'add' : 'delete'](this);
    if (!isUnderWay) leftovers.note();
  }

  #notify(change: FileChange): void {
    this.#services.leftovers.putOff();
    if (this.#parked?.hasChanged()) this.#wake();
    this.#replicator?.notify(change);
  }

  /** A parked database is attached again, but not before its last attachment has ended. */
  #wake(): void {
    if (this.#parked === undefined || this.#isStopped) return;
    if (this.#ended === undefined) this.#services.attachments.ask(this, 'change');
    else this.#parked.isWanted = true;
  }

  /** Its turn has come: it is attached until it is parked or stopped; where it is stopped already, for a last sync. */
  attach(): void {
    if (this.#parked !== undefined) this.#services.dueTimes.delete(this, this.#parked.untilMs);
    this.#parked = undefined;
    this.#ending = new AbortController();
    if (this.#isStopped) this.#ending.abort();
    this.#onAttach?.();
    this.#ended = this.#run(this.#ending.signal).finally(() => this.#rest());
  }

  /** The engine handles what can go wrong with a database; what comes out of it is a mistake in it, and it starts over. */
  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#services;
    const backoff = new Backoff({ firstMs: 1_000, limitMs: 60_000 });
    do {
      try {
        await this.#replicate(signal);
      } catch (error) {
        if (signal.aborted && error === signal.reason) return;
        this.#failure = error instanceof Error ? error : new Error(String(error));
        this.#logger.error('cannot replicate, starting over', { error });
        this.#watch?.resume();
        await clock.sleep(backoff.next(), signal);
      }
    } while (!signal.aborted);
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
    this.#replicator = this.#newReplicator(await this.#leases.open({ signal }));
    this.#failure = undefined;
    await this.#replicator.run(signal);
    if (this.#parked === undefined || this.#isStopped) return;
    this.#replicator = undefined;
    this.#leases.rest();
    await this.#held.letGo();
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
    await this.#leases.close();
    await this.#held.letGo();
  }
}
