import { noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Logger } from '../../runtime/logger.ts';
import { Wakeup } from '../../runtime/wakeup.ts';
import { LiveError } from '../../sqlite/live-error.ts';
import type { DatabaseSettings } from '../database-settings.ts';
import { EngineError, positionLost } from '../engine-error.ts';
import { attach } from '../follow/attach.ts';
import type { Attachment } from '../follow/attachment.ts';
import { FollowLoop } from '../follow/follow-loop.ts';
import type { LineageHead } from '../lineage-head.ts';
import type { MaintenanceRequest } from '../maintain/maintenance.ts';
import { LocalFiles } from '../meta/local-files.ts';
import { MetaDirectory } from '../meta/meta-directory.ts';
import type { DatabaseState, DatabaseStatus } from './database-status.ts';
import { Housekeeping } from './housekeeping.ts';
import { isReady } from './is-ready.ts';
import type { CareMode } from './replica-care.ts';
import { type NamedClient, readReplicaHeads } from './replica-heads.ts';
import type { ReplicatorServices } from './replicator-services.ts';
import { Shipping } from './shipping.ts';

/** While no replica accepts files, writing the one growing file takes at most this share of the time. */
const foldShare = 20;
/** An attachment that lasted this long was a good one: the next failure is retried at once again. */
const steadyMs = 10_000;
/** How soon to look again at what only an operator can mend: it may take reading the whole database. */
const operatorMs = 60_000;

export interface ReplicatorOptions {
  readonly settings: DatabaseSettings;
  readonly replicas: readonly NamedClient[];
  /** Whether file-system events reach `notify`; otherwise the database is looked at every monitor interval. */
  readonly watched: boolean;
  readonly shutdown: { readonly timeoutMs: number; readonly retryMs: number };
  readonly careMode: CareMode;
  /** Told when the database becomes busy, and is polled, or quiet, and wants events. */
  readonly onBusy?: ((busy: boolean) => void) | undefined;
}

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
  #state: DatabaseState = 'waiting';
  #error: Error | undefined;
  #local: LocalFiles | undefined;
  #shipping: Shipping | undefined;
  #attachment: Attachment | undefined;
  #loop: FollowLoop | undefined;
  #busy = false;
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
  }

  /** Something happened to one of the database's files. */
  notify(): void {
    this.#wakeup.notify();
  }

  /** Compares the kernel's locks with those the read mark needs: to be called now and then. A missing one ends the attachment. */
  inspect(): void {
    const { live } = this.#attachment ?? {};
    if (live?.hasLocks() === false)
      this.#loop?.fail(positionLost(live.path, 'the kernel has lost the locks of its read mark'));
  }

  status(): DatabaseStatus {
    const head = this.#attachment?.files.head;
    return {
      path: this.settings.path,
      state: this.#state,
      txid: head?.txid,
      timestampMs: head?.timestampMs,
      idle: this.#state === 'replicating' && !this.#busy,
      readerInTheWay: this.#loop?.readerInTheWay ?? false,
      error: (this.#error ?? this.#loop?.fileError)?.message,
      replicas: (this.#shipping?.shippers ?? []).map((shipper) => ({
        name: shipper.name,
        url: shipper.client.url,
        state: shipper.state,
        txid: shipper.acknowledged,
        timestampMs: shipper.acknowledgedTimeMs,
        error: shipper.error?.message,
        ...this.#shipping!.careStatus(shipper),
      })),
    };
  }

  /** Resolves when everything committed so far is in a durable file and on every replica that works. Rejects when it cannot be. */
  async sync({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Txid> {
    const [loop, shipping] = [this.#loop, this.#shipping];
    if (loop === undefined || shipping === undefined) {
      throw new EngineError('unavailable', `Cannot sync ${this.settings.path}: it is ${this.#state}`, {
        cause: this.#error,
      });
    }
    const head = await loop.requestFile();
    this.#reportedTxid = head.txid;
    await shipping.reached(head.txid, signal);
    return head.txid;
  }

  /** Compacts the replicas as far as it is due, and does what is asked for. Rejects when it cannot. */
  async maintain(request: MaintenanceRequest, options: CallOptions = {}): Promise<void> {
    if (this.#shipping === undefined) {
      throw new EngineError(
        'unavailable',
        `Cannot compact the replicas of ${this.settings.path}: it is ${this.#state}`,
      );
    }
    await this.#shipping.maintain(request, options);
  }

  /**
   * Replicates until `signal` aborts, then writes and ships what is left, also what was committed before the database could
   * be attached. Failures show in the status and are retried.
   */
  async run(signal: AbortSignal): Promise<void> {
    const grace = new AbortController();
    const stopped = () =>
      void this.#services.clock.sleep(this.#options.shutdown.timeoutMs, grace.signal).then(() => grace.abort());
    signal.addEventListener('abort', stopped, { once: true });
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
    grace.abort();
    await this.#drain();
    this.#state = 'stopped';
  }

  /** One attachment, from its beginning to its end. */
  async #runOnce(signal: AbortSignal, grace: AbortSignal): Promise<void> {
    if (!isReady(this.settings, this.#services)) {
      this.#state = 'waiting';
      await this.#wakeup.wait(this.#options.watched ? 10_000 : this.settings.monitorIntervalMs, signal);
      return;
    }
    this.#state = 'attaching';
    const attachment = await this.#attach(grace);
    try {
      await this.#follow(attachment, signal);
    } finally {
      this.#attachment = undefined;
      this.#loop = undefined;
      attachment.live.close();
    }
  }

  async #attach(signal: AbortSignal): Promise<Attachment> {
    this.#local ??= await LocalFiles.open(this.#meta, this.#services);
    const local = this.#local;
    const heads = await readReplicaHeads(this.#options.replicas, { signal });
    if (local.newest === undefined && heads.reachedCount === 0 && heads.unreachable.length > 0) {
      const [{ name, error }] = heads.unreachable as [{ name: string; error: unknown }];
      throw new EngineError(
        'unavailable',
        `Cannot begin to replicate ${this.settings.path}: replica ${name} cannot be read, so its past is unknown`,
        { cause: error },
      );
    }
    const state = {
      meta: this.#meta,
      local,
      remote: heads.newest,
      whileUnsent: this.#whileUnsent,
      distrustWal: this.#distrustWal,
      mustScan: this.#mustScan,
    };
    const attachment = await attach(this.settings, state, this.#services);
    this.#distrustWal = false;
    this.#mustScan = false;
    this.#housekeeping = await Housekeeping.open(this.#meta, local, this.#services);
    this.#shipping ??= await Shipping.start(
      this.#options.replicas,
      { meta: this.#meta, local, care: { levels: this.settings.levels, mode: this.#options.careMode } },
      {
        ...this.#services,
        events: { onAcknowledged: () => this.#wakeup.poke(), onSnapshotWanted: () => this.#wakeup.poke() },
      },
    );
    return attachment;
  }

  async #follow(attachment: Attachment, signal: AbortSignal): Promise<void> {
    const shipping = this.#shipping!;
    this.#attachment = attachment;
    this.#loop = new FollowLoop(attachment, this.settings, {
      wakeup: this.#wakeup,
      clock: this.#services.clock,
      logger: this.#logger,
      events: {
        onFile: () => shipping.notify(),
        onBusy: (busy) => this.#setBusy(busy),
        fileIntervalMs: (tookMs) => Math.max(this.settings.syncIntervalMs, shipping.isDown ? foldShare * tookMs : 0),
        betweenSyncs: () => this.#betweenSyncs(attachment),
      },
    });
    this.#state = 'replicating';
    this.#attachedAtMs = this.#services.clock.monotonic();
    this.#error = undefined;
    shipping.notify();
    await this.#loop.run(this.#options.watched, signal);
    await this.#housekeeping?.store(attachment.files);
  }

  async #betweenSyncs(attachment: Attachment): Promise<void> {
    const shipping = this.#shipping!;
    if (shipping.isSnapshotWanted) {
      await attachment.writeSnapshot();
      const { head } = attachment.files;
      if (head !== undefined) shipping.snapshotWritten(head.txid);
    }
    await this.#housekeeping?.keepBounded(attachment.files, shipping);
  }

  /** A file that was reported, or that the stored table names, stays as it is even if no replica has seen it. */
  readonly #whileUnsent = async (fold: () => Promise<LineageHead>): Promise<LineageHead | undefined> => {
    const newest = this.#attachment?.files.head?.txid;
    if (newest === undefined || this.#local?.has(newest) !== true) return undefined;
    if (newest === this.#reportedTxid || newest === this.#housekeeping?.storedTxid) return undefined;
    return this.#shipping?.whileUnsent(newest, fold);
  };

  #setBusy(busy: boolean): void {
    if (this.#busy === busy) return;
    this.#busy = busy;
    this.#options.onBusy?.(busy);
  }

  /** Says a failure once, then waits: for ever longer, or, where only the operator can help, for a sign of change. */
  async #failed(error: Error, signal: AbortSignal): Promise<void> {
    const isLost =
      error instanceof EngineError && (error.code === 'position-lost' || error.code === 'frame-unreadable');
    const needsOperator = error instanceof EngineError && (error.code === 'diverged' || error.code === 'in-use');
    const passes = error instanceof LiveError && (error.code === 'busy' || error.code === 'absent');
    this.#distrustWal ||= error instanceof EngineError && error.code === 'frame-unreadable';
    this.#mustScan ||= isLost;
    this.#setBusy(false);
    if (isLost)
      this.#logger.warn('the position in the WAL is lost, the whole database is read to find what changed', { error });
    else if (this.#error?.message !== error.message) {
      const hint = 'hint' in error ? error.hint : undefined;
      this.#logger[passes ? 'debug' : 'error']('cannot replicate the database, trying again', { error, hint });
    }
    this.#state = needsOperator ? 'failed' : 'waiting';
    this.#error = error;
    if (needsOperator) await this.#services.clock.sleep(operatorMs, signal);
    else await this.#wakeup.wait(this.#attachBackoff.next(), signal);
  }

  async #drain(): Promise<void> {
    const { timeoutMs, retryMs } = this.#options.shutdown;
    const late = await this.#shipping?.drain(timeoutMs, retryMs, this.#services.clock);
    if (late !== undefined && late.length > 0) {
      this.#logger.warn('stopped before everything was shipped; it is sent after the next start', {
        replicas: late.join(', '),
      });
    }
    await this.#shipping?.stop();
  }
}
