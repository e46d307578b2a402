import { noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { Backoff } from '../../runtime/backoff.ts';
import { GracePeriod } from '../../runtime/grace-period.ts';
import { LinkedSignal } from '../../runtime/linked-signal.ts';
import type { Logger } from '../../runtime/logger.ts';
import { Wakeup } from '../../runtime/wakeup.ts';
import type { DatabaseSettings } from '../database-settings.ts';
import { EngineError, positionLost } from '../engine-error.ts';
import { attach } from '../follow/attach.ts';
import type { Attachment } from '../follow/attachment.ts';
import type { FileChange } from '../follow/file-change.ts';
import { FollowLoop } from '../follow/follow-loop.ts';
import { describeLease } from '../lease/describe-lease.ts';
import { TermHolder } from '../lease/term-holder.ts';
import type { LineageHead } from '../lineage-head.ts';
import type { MaintenanceRequest } from '../maintain/maintenance.ts';
import { MetaDirectory } from '../meta/meta-directory.ts';
import { AutoRecovery } from '../recover/auto-recovery.ts';
import { attachmentFailure, logFailure } from './attachment-failure.ts';
import { type DatabaseState, type DatabaseStatus, statusOf } from './database-status.ts';
import { drainShipping } from './drain-shipping.ts';
import { authorityOf, fencedReplicas } from './fenced-replicas.ts';
import { Housekeeping } from './housekeeping.ts';
import { Lineage, type SettledLineage } from './lineage.ts';
import { isReadyToAttach } from './ready-database.ts';
import type { ReplicatorOptions } from './replicator-options.ts';
import type { ReplicatorServices } from './replicator-services.ts';
import { Shipping } from './shipping.ts';
import type { SyncOptions } from './sync-options.ts';

/** An attachment that lasted this long was a good one: the next failure is retried at once again. */
const steadyMs = 10_000;
/** How soon to look again at what only an operator can mend: it may take reading the whole database. */
const operatorMs = 60_000;

/**
 * Replicates one database for as long as it runs: waits for it to appear, attaches, follows, ships, and starts over from
 * evidence whenever its position is lost.
 */
export class DatabaseReplicator {
  readonly settings: DatabaseSettings;
  readonly #options: ReplicatorOptions;
  readonly #services: ReplicatorServices;
  readonly #logger: Logger;
  readonly #wakeup: Wakeup;
  readonly #meta: MetaDirectory;
  /** In the lease of the authority: the database is active only while that is held. */
  readonly #term: TermHolder;
  readonly #recovery: AutoRecovery;
  #state: DatabaseState = 'waiting';
  #error: Error | undefined;
  #lineage: Lineage | undefined;
  #shipping: Shipping | undefined;
  #attachment: Attachment | undefined;
  #lastHead: LineageHead | undefined;
  #loop: FollowLoop | undefined;
  #housekeeping: Housekeeping | undefined;
  #distrustWal = false;
  #mustScan = false;
  #attachedAtMs = Number.POSITIVE_INFINITY;
  #reportedTxid: Txid = noTxid;
  readonly #attachBackoff = new Backoff({ firstMs: 50, limitMs: 10_000 });

  constructor(options: ReplicatorOptions, services: ReplicatorServices) {
    this.settings = options.settings;
    this.#options = options;
    this.#logger = services.logger.child({ db: options.settings.path });
    this.#services = { ...services, logger: this.#logger };
    this.#wakeup = new Wakeup(services.clock);
    this.#meta = new MetaDirectory(options.settings.metaPath);
    this.#recovery = new AutoRecovery(this.#meta, options.replicas, this.#services);
    this.#term = new TermHolder(authorityOf(options.replicas)?.lease);
  }

  /** Something happened to one of the database's files. */
  notify(change: FileChange): void {
    this.#loop?.noteChange(change);
    this.#wakeup.notify();
  }

  /** Compares the kernel's locks with those the read mark needs: to be called now and then. A missing one ends the attachment. */
  inspect(): void {
    if (this.#attachment?.live.hasLocks() !== false) return;
    this.#loop?.fail(positionLost(this.settings.path, 'the kernel has lost the locks of its read mark'));
  }

  get isStandby(): boolean {
    return this.#state === 'standby';
  }

  status(): DatabaseStatus {
    const idle = this.#state === 'replicating' && this.#loop?.atRestSinceMs !== undefined;
    const head = this.#state === 'stopped' ? this.#lastHead : this.#attachment?.files.head;
    const parts = { head, loop: this.#loop, shipping: this.#shipping };
    const status = { path: this.settings.path, state: this.#state, idle, lease: this.#term.status, ...statusOf(parts) };
    return { ...status, error: this.#error?.message ?? status.error };
  }

  /** Copies everything back, if there is nothing else to do; returns what `describe` says of the files then. See `FollowLoop`. */
  settle<T>(describe: () => T): T | undefined {
    return this.#loop?.settle(describe);
  }

  /** Since when, on the monotonic clock, and until when, on the wall clock, there is nothing to do; undefined while there is. */
  get idle(): { readonly sinceMs: number; readonly untilMs: number } | undefined {
    const sinceMs = this.#state === 'replicating' ? this.#loop?.atRestSinceMs : undefined;
    const untilMs = this.#shipping?.idleUntilMs;
    return sinceMs === undefined || untilMs === undefined ? undefined : { sinceMs, untilMs };
  }

  /** Resolves when everything committed so far is in a durable file and, by default, on every replica that works. Rejects when it cannot be. */
  async sync({ signal, reach = 'replicas' }: SyncOptions = {}): Promise<Txid> {
    const [loop, shipping] = [this.#loop, this.#shipping];
    if (loop === undefined || shipping === undefined) throw this.#unavailable('sync');
    const head = await loop.requestFile();
    if (reach === 'replicas') await shipping.reached(head.txid, signal);
    this.#reportedTxid = head.txid;
    return head.txid;
  }

  /** Compacts the replicas as far as it is due, and does what is asked for. Rejects when it cannot. */
  async maintain(request: MaintenanceRequest, options: CallOptions = {}): Promise<void> {
    if (this.#shipping === undefined) throw this.#unavailable('compact the replicas of');
    await this.#shipping.maintain(request, options);
  }

  /**
   * Replicates until `signal` aborts, then writes and ships what is left, also what was committed before the database could
   * be attached. Failures show in the status and are retried.
   */
  async run(signal: AbortSignal): Promise<void> {
    using grace = new GracePeriod(signal, this.#options.shutdown.timeoutMs, this.#services.clock);
    do {
      try {
        await this.#runOnce(signal, grace.signal);
      } catch (error) {
        if (signal.aborted) {
          this.#logger.error('cannot write the last changes; they are found by the next start', { error });
          break;
        }
        if (this.#services.clock.monotonic() - this.#attachedAtMs > steadyMs) this.#attachBackoff.reset();
        await this.#failed(error instanceof Error ? error : new Error(String(error)), signal);
      }
    } while (!signal.aborted);
    if (this.#shipping !== undefined) await drainShipping(this.#shipping, this.#options.shutdown, this.#services);
    this.#state = 'stopped';
  }

  /** One attachment, from its beginning to its end. */
  async #runOnce(signal: AbortSignal, grace: AbortSignal): Promise<void> {
    if (this.#term.isStandby) {
      this.#state = 'standby';
      await this.#endShipping(); // what was shipped in a term that is over ends with it
      if (!(await this.#term.enterNext(signal))) return;
    }
    this.#state = 'attaching';
    if (await this.#options.prepare?.(signal)) this.#term.noteRestored();
    if (!isReadyToAttach(this.settings, this.#services)) {
      this.#state = 'waiting';
      await this.#wakeup.wait(this.#options.watched ? 10_000 : this.settings.monitorIntervalMs, signal);
      return;
    }
    const attachment = await this.#attach(grace);
    try {
      await this.#follow(attachment, signal);
    } finally {
      this.#lastHead = attachment.files.head;
      this.#attachment = undefined;
      this.#loop = undefined;
      attachment.close();
    }
  }

  async #attach(signal: AbortSignal): Promise<Attachment> {
    const services = this.#services;
    const { lineage, settled } = await this.#settle(signal);
    const { local, mark } = lineage;
    const state = {
      meta: this.#meta,
      counters: this.#options.counters,
      local,
      remote: settled.remote,
      epoch: settled.term?.epoch,
      whileUnsent: this.#whileUnsent,
      distrustWal: this.#distrustWal,
      mustScan: this.#mustScan,
    };
    const settings = { ...this.settings, adopt: this.settings.adopt || settled.absorbs };
    const attachment = await services.attaching.run(signal, () => attach(settings, state, services));
    try {
      this.#distrustWal = false;
      this.#mustScan = false;
      this.#housekeeping = await Housekeeping.open(this.#meta, attachment.files, services);
      const events = {
        onAcknowledged: () => this.#acknowledged(),
        onSnapshotWanted: () => this.#wakeup.poke(),
        onConflict: (error: EngineError) => this.#loop?.fail(error),
        onFailure: (cause: unknown, replica: string) => this.#loop?.fail(this.#recovery.suspect(cause, replica)),
      };
      const { scratchPath, quarantinePath } = this.#meta;
      const care = { levels: this.settings.levels, mode: this.#options.careMode, scratchPath, quarantinePath };
      const shipped = { ...settled, local, mark, term: await lineage.begin(attachment, settled), care };
      const shippingServices = { ...services, work: state.counters.work, events };
      this.#shipping ??= Shipping.start(this.#options.replicas, shipped, shippingServices);
      return attachment;
    } catch (error) {
      attachment.close();
      throw error;
    }
  }

  /** Establishes what replicas and local files say together; what is broken is mended before, where that is asked for. */
  async #settle(signal: AbortSignal): Promise<{ lineage: Lineage; settled: SettledLineage }> {
    const { replicas } = this.#options;
    if (this.#shipping?.isOver(this.#term.held?.term) || this.#recovery.isDue) await this.#endShipping();
    const writable = fencedReplicas(replicas, this.#term.held?.term);
    if (this.#shipping === undefined && (await this.#recovery.run(writable, { signal }))) this.#lineage = undefined;
    this.#lineage ??= await Lineage.open(this.settings.path, this.#meta, this.#services);
    const settled = await this.#lineage.settle(replicas, this.#term.held, { signal });
    this.#term.replace(settled.term);
    if (this.#shipping?.isOver(settled.term)) await this.#endShipping();
    return { lineage: this.#lineage, settled };
  }

  async #follow(attachment: Attachment, signal: AbortSignal): Promise<void> {
    const shipping = this.#shipping!;
    this.#attachment = attachment;
    this.#loop = new FollowLoop(attachment, this.settings, {
      wakeup: this.#wakeup,
      clock: this.#services.clock,
      logger: this.#logger,
      counters: this.#options.counters,
      events: {
        onFile: () => shipping.notify(),
        onBusy: (busy) => this.#options.onBusy?.(busy),
        fileIntervalMs: (tookMs) => Math.max(this.settings.syncIntervalMs, shipping.foldIntervalMs(tookMs)),
        betweenSyncs: () => this.#betweenSyncs(attachment, shipping),
      },
    });
    this.#state = 'replicating';
    this.#attachedAtMs = this.#services.clock.monotonic();
    this.#error = undefined;
    if (shipping.conflict !== undefined) throw shipping.conflict;
    shipping.notify();
    const ended = new AbortController();
    using either = LinkedSignal.of(signal, this.#term.untilNext(ended.signal));
    try {
      await this.#loop.run(this.#options.watched, either.signal);
    } finally {
      ended.abort();
    }
    await this.#housekeeping?.store();
  }

  #unavailable(act: string): EngineError {
    const state = this.#state === 'standby' ? describeLease(this.#term.status) : `it is ${this.#state}`;
    return new EngineError('unavailable', `Cannot ${act} ${this.settings.path}: ${state}`, { cause: this.#error });
  }

  async #endShipping(): Promise<void> {
    await this.#shipping?.stop();
    this.#shipping = undefined;
  }

  #acknowledged(): void {
    this.#term.noteTxid(this.#shipping?.authority?.acknowledged);
    if (this.#shipping !== undefined && this.#housekeeping?.isDue(this.#shipping)) this.#wakeup.poke();
  }

  async #betweenSyncs(attachment: Attachment, shipping: Shipping): Promise<boolean> {
    const hasWritten = await shipping.snapshotIfWanted(() => attachment.writeSnapshot());
    await this.#housekeeping?.keepBounded(shipping);
    return hasWritten;
  }

  /** A file that was reported, or that the stored table names, stays as it is even if no replica has seen it. */
  readonly #whileUnsent = async (fold: () => Promise<LineageHead>): Promise<LineageHead | undefined> => {
    const newest = this.#attachment?.files.head?.txid;
    if (newest === undefined || this.#lineage?.local.has(newest) !== true) return undefined;
    if (newest === this.#reportedTxid || newest === this.#housekeeping?.storedTxid) return undefined;
    return this.#shipping?.whileUnsent(newest, fold);
  };

  /** Says a failure once, then waits: for ever longer, or, where only the operator can help, for a sign of change. */
  async #failed(error: Error, signal: AbortSignal): Promise<void> {
    const failure = attachmentFailure(error);
    this.#recovery.suspect(error);
    this.#distrustWal ||= error instanceof EngineError && error.code === 'frame-unreadable';
    this.#mustScan ||= failure === 'position-lost';
    this.#options.onBusy?.(false);
    logFailure(this.#logger, error, { isNews: this.#error?.message !== error.message });
    this.#state = failure === 'needs-operator' ? 'failed' : 'waiting';
    this.#error = error;
    if (failure === 'needs-operator') {
      this.#term.giveUp();
      await this.#services.clock.sleep(operatorMs, signal);
    } else await this.#wakeup.wait(this.#attachBackoff.next(), signal);
  }
}
