import { noTxid, type Txid, toTxid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import { Mutex } from '../../runtime/mutex.ts';
import { Wakeup } from '../../runtime/wakeup.ts';
import { EngineError } from '../engine-error.ts';
import type { ShippedFile } from '../levels/shipped-file.ts';
import type { MaintainServices } from '../maintain/maintain-services.ts';
import type { MaintenanceRequest } from '../maintain/maintenance.ts';
import { AttemptedMark } from '../meta/attempted-mark.ts';
import type { LocalFiles } from '../meta/local-files.ts';
import type { MetaDirectory } from '../meta/meta-directory.ts';
import { ReplicaShipper } from '../ship/replica-shipper.ts';
import { fillFromOthers } from './fill-gap.ts';
import { type CareOptions, ReplicaCare } from './replica-care.ts';
import type { NamedClient } from './replica-heads.ts';

export interface ShippingEvents {
  /** A replica acknowledged a file. */
  onAcknowledged(): void;
  /** A replica needs a snapshot that begins its files: no other one has what it lacks. */
  onSnapshotWanted(): void;
}

export interface ShippedState {
  readonly meta: MetaDirectory;
  readonly local: LocalFiles;
  readonly care: Pick<CareOptions, 'levels' | 'mode'>;
  /** Local level-0 files before it are merged from the replica, never from here. Default: all may be trusted. */
  readonly localFrom?: (() => Txid) | undefined;
}

export interface ShippingServices extends MaintainServices {
  readonly events: ShippingEvents;
}

/** Ships one database's local files to all its replicas, each at its own pace. */
export class Shipping {
  readonly shippers: readonly ReplicaShipper[];
  readonly #local: LocalFiles;
  readonly #mark: AttemptedMark;
  readonly #events: ShippingEvents;
  readonly #changed: Wakeup;
  readonly #foldOrSend = new Mutex();
  readonly #wantingSnapshot = new Set<ReplicaShipper>();
  readonly #stopped = new AbortController();
  readonly #care: ReplicaCare;
  #running: Promise<unknown> = Promise.resolve();

  private constructor(
    replicas: readonly NamedClient[],
    state: ShippedState & { mark: AttemptedMark },
    services: ShippingServices,
  ) {
    this.#local = state.local;
    this.#mark = state.mark;
    this.#events = services.events;
    this.#changed = new Wakeup(services.clock);
    const events = {
      onAcknowledged: () => this.#acknowledged(),
      onShipped: (shipper: ReplicaShipper, file: ShippedFile) => this.#care.shipped(shipper, file),
      onAttempt: (txid: Txid) => this.#foldOrSend.run(() => this.#mark.attempt(txid)),
      onStateChange: () => this.#changed.notify(),
      onMissing: (shipper: ReplicaShipper) => this.#fill(shipper),
    };
    this.shippers = replicas.map((replica) => new ReplicaShipper(replica, { local: state.local, events }, services));
    const { local, localFrom = () => toTxid(1) } = state;
    const care = { ...state.care, scratchPath: state.meta.scratchPath, trusted: { local, from: localFrom } };
    this.#care = new ReplicaCare(this.shippers, care, { ...services, signal: this.#stopped.signal });
  }

  /** Begins to ship. */
  static async start(
    replicas: readonly NamedClient[],
    state: ShippedState,
    services: ShippingServices & { durableFiles: DurableFiles },
  ): Promise<Shipping> {
    const mark = await AttemptedMark.open(state.meta, state.local.newest?.txid ?? noTxid, services);
    const shipping = new Shipping(replicas, { ...state, mark }, services);
    const shippers = shipping.shippers.map((shipper) => shipper.run(shipping.#stopped.signal));
    shipping.#running = Promise.all([...shippers, shipping.#care.run()]);
    return shipping;
  }

  /** True while no replica accepts files. */
  get isDown(): boolean {
    return this.shippers.length > 0 && this.shippers.every(({ state }) => state === 'down' || state === 'stopped');
  }

  get isSnapshotWanted(): boolean {
    return this.#wantingSnapshot.size > 0;
  }

  notify(): void {
    for (const shipper of this.shippers) shipper.notify();
  }

  /**
   * Runs `fold`, which writes the file of `newest` again, if no replica accepts files and that one was never sent; that it
   * was not is on disk before. No upload of it begins meanwhile.
   */
  whileUnsent<T>(newest: Txid, fold: () => Promise<T>): Promise<T | undefined> {
    return this.#foldOrSend.run(async () => {
      if (!this.isDown || newest <= this.#mark.through) return undefined;
      await this.#mark.hold();
      return fold();
    });
  }

  /** To be called after a snapshot of the newest TXID was written to the local files. */
  snapshotWritten(txid: Txid): void {
    for (const shipper of this.#wantingSnapshot) shipper.startAfter((txid - 1n) as Txid);
    this.#wantingSnapshot.clear();
  }

  /** Resolves when every replica that is not down has a TXID; rejects when there is no such replica. */
  async reached(txid: Txid, signal: AbortSignal = new AbortController().signal): Promise<void> {
    for (const shipper of this.shippers) shipper.retry();
    for (;;) {
      signal.throwIfAborted();
      const missing = this.shippers.filter(({ acknowledged }) => (acknowledged ?? noTxid) < txid);
      const failed = missing.filter(({ state }) => state === 'down' || state === 'stopped');
      if (missing.length > failed.length) await this.#changed.wait(undefined, signal);
      else if (failed.length > 0 && failed.length === this.shippers.length) {
        throw new EngineError('unavailable', 'Cannot ship: no replica accepts files', { cause: failed[0]?.error });
      } else return;
    }
  }

  careStatus(shipper: ReplicaShipper): ReturnType<ReplicaCare['status']> {
    return this.#care.status(shipper);
  }

  /** Compacts the replicas as far as it is due, and does what is asked for. */
  maintain(request: MaintenanceRequest, options: CallOptions): Promise<void> {
    return this.#care.maintain(request, options);
  }

  /** Waits until every replica that works has everything, at most `timeoutMs`; returns the names of those that do not. */
  async drain(timeoutMs: number, retryMs: number, clock: Clock): Promise<string[]> {
    const never = new AbortController().signal;
    const endMs = clock.monotonic() + timeoutMs;
    const behind = () => this.shippers.filter(({ acknowledged }) => (acknowledged ?? noTxid) < this.#local.headTxid);
    for (const shipper of this.shippers) shipper.retry();
    while (behind().some(({ state }) => state !== 'stopped') && clock.monotonic() < endMs) {
      await this.#changed.wait(Math.min(retryMs, endMs - clock.monotonic()), never);
      for (const shipper of behind()) if (shipper.state === 'down') shipper.retry();
    }
    return behind().map(({ name }) => name);
  }

  /** Ends all shipping; an upload under way is given up. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  #acknowledged(): void {
    this.#changed.notify();
    this.#care.notify();
    this.#events.onAcknowledged();
  }

  async #fill(shipper: ReplicaShipper): Promise<void> {
    const others = this.shippers.filter((other) => other !== shipper).map(({ client }) => client);
    const after = shipper.acknowledged ?? noTxid;
    const upTo = this.#local.headTxid;
    const reached = await fillFromOthers(shipper.client, others, after, upTo, { signal: this.#stopped.signal });
    if (reached > after) {
      shipper.startAfter(reached);
      this.#care.of(shipper)?.forget();
      return;
    }
    this.#wantingSnapshot.add(shipper);
    this.#events.onSnapshotWanted();
  }
}
