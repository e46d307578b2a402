import { noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { CallOptions, ReplicaClient } from '../../replica/replica-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Mutex } from '../../runtime/mutex.ts';
import { Wakeup } from '../../runtime/wakeup.ts';
import type { ReplicaHead } from '../continuity/replica-head.ts';
import { EngineError } from '../engine-error.ts';
import type { LeaseTerm } from '../lease/database-lease.ts';
import { FencedClient } from '../lease/fenced-client.ts';
import type { ShippedFile } from '../levels/shipped-file.ts';
import type { LineageHead } from '../lineage-head.ts';
import type { MaintainServices } from '../maintain/maintain-services.ts';
import type { MaintenanceRequest } from '../maintain/maintenance.ts';
import type { Fence } from '../maintain/stray-files.ts';
import type { AttemptedMark } from '../meta/attempted-mark.ts';
import type { LocalFiles } from '../meta/local-files.ts';
import { isBacklogLong } from '../ship/local-retention.ts';
import { type Conflict, conflictError } from '../ship/refused-create.ts';
import { ReplicaShipper } from '../ship/replica-shipper.ts';
import { type ReplicaStatus, replicaStatus } from './database-status.ts';
import { fencedReplicas } from './fenced-replicas.ts';
import { fillFromOthers } from './fill-gap.ts';
import { type CareOptions, ReplicaCare } from './replica-care.ts';
import type { NamedClient } from './replica-heads.ts';

/** While changes are folded, writing the one growing file takes at most this share of the time. */
const foldShare = 20;

export interface ShippingEvents {
  /** A replica acknowledged a file. */
  onAcknowledged(): void;
  /** A replica needs a snapshot that begins its files: no other one has what it lacks. */
  onSnapshotWanted(): void;
  /** The replica that decides holds a file of another holder of its lease: the files from here on have to be made anew. */
  onConflict(error: EngineError): void;
  /** Files could not be sent to a replica, or not be compacted there. */
  onFailure(error: unknown, replicaName: string): void;
}

/** What is shipped, and in which term of the lease. */
export interface ShippingState {
  readonly local: LocalFiles;
  readonly mark: AttemptedMark;
  /** What replicas held a moment ago, by their names; others are asked. */
  readonly heads: ReadonlyMap<string, ReplicaHead | undefined>;
  /** Undefined without leases. */
  readonly term: ShippingTerm | undefined;
  readonly care: Pick<CareOptions, 'levels' | 'mode' | 'scratchPath'> & Pick<Fence, 'quarantinePath'>;
}

export interface ShippingTerm extends LeaseTerm {
  /** The first file sent in this term. It goes to the authority before any other one goes anywhere. */
  readonly epochTxid: Txid;
}

export interface ShippingServices extends MaintainServices {
  readonly events: ShippingEvents;
}

/** Ships one database's local files to all its replicas, each at its own pace. */
export class Shipping {
  readonly shippers: readonly ReplicaShipper[];
  readonly #local: LocalFiles;
  readonly #mark: AttemptedMark;
  readonly #term: ShippingTerm | undefined;
  readonly #authority: ReplicaShipper | undefined;
  readonly #events: ShippingEvents;
  readonly #changed: Wakeup;
  readonly #foldOrSend = new Mutex();
  readonly #wantingSnapshot = new Set<ReplicaShipper>();
  readonly #stopped = new AbortController();
  readonly #care: ReplicaCare;
  #running: Promise<unknown> = Promise.resolve();
  #conflictError: EngineError | undefined;

  private constructor(replicas: readonly NamedClient[], state: ShippingState, services: ShippingServices) {
    this.#local = state.local;
    this.#mark = state.mark;
    this.#term = state.term;
    this.#events = services.events;
    this.#changed = new Wakeup(services.clock);
    const events = {
      onAcknowledged: () => this.#acknowledged(),
      onShipped: (shipper: ReplicaShipper, file: ShippedFile) => this.#care.shipped(shipper, file),
      onAttempt: (shipper: ReplicaShipper, txid: Txid) => this.#attempt(shipper, txid),
      onStateChange: () => this.#stateChanged(),
      onMissing: (shipper: ReplicaShipper) => this.#fill(shipper),
      onFailure: ({ name }: ReplicaShipper, error: unknown) => this.#events.onFailure(error, name),
      onConflict: (shipper: ReplicaShipper, conflict: Conflict) => this.#conflict(shipper, conflict),
      mayShip: (shipper: ReplicaShipper) => this.#mayShip(shipper),
      requireLease: ({ client }: ReplicaShipper) => requireLease(client),
    };
    this.shippers = fencedReplicas(replicas, state.term).map(
      (replica) => new ReplicaShipper(replica, { local: state.local, heads: state.heads, events }, services),
    );
    this.#authority = this.shippers[replicas.findIndex(({ lease }) => lease !== undefined)];
    const from = state.term?.epochTxid ?? noTxid;
    // What came before the first file of this term was sent by others too: the replica alone knows what became of it.
    const { quarantinePath, ...upkeep } = state.care;
    const fence = state.term && { epoch: state.term.epoch, from, quarantinePath };
    const { onFailure } = events;
    const care = { ...upkeep, trusted: { local: state.local, from: () => from }, fence, from, onFailure };
    this.#care = new ReplicaCare(this.shippers, care, { ...services, signal: this.#stopped.signal });
  }

  /** Begins to ship. */
  static start(replicas: readonly NamedClient[], state: ShippingState, services: ShippingServices): Shipping {
    const shipping = new Shipping(replicas, state, services);
    const shippers = shipping.shippers.map((shipper) => shipper.run(shipping.#stopped.signal));
    shipping.#running = Promise.all([...shippers, shipping.#care.run()]);
    return shipping;
  }

  /**
   * Whether further changes go into the newest file, where that was never sent: while no replica accepts files, or every one
   * that does has a long backlog, as behind an upload that hangs or the ceiling on store calls.
   */
  get folds(): boolean {
    const { files } = this.#local;
    return this.shippers.every((shipper) => shipper.isFailing || isBacklogLong(files, shipper.acknowledged));
  }

  /** How long to wait before the next file when the last one took `tookMs` and is written again as a whole; else 0. */
  foldIntervalMs(tookMs: number): number {
    return this.folds ? foldShare * tookMs : 0;
  }

  /** The replica that decides; undefined without leases. */
  get authority(): ReplicaShipper | undefined {
    return this.#authority;
  }

  /** What `onConflict` was told; nothing more is sent. */
  get conflict(): EngineError | undefined {
    return this.#conflictError;
  }

  /**
   * Whether it must end before the database is attached again under `term`: it met a file of another holder, or what was not
   * sent yet is about to be stamped with an epoch that the term was raised to since.
   */
  isOver(term: LeaseTerm | undefined): boolean {
    return this.#conflictError !== undefined || term?.epoch !== this.#term?.epoch;
  }

  get isSnapshotWanted(): boolean {
    return this.#wantingSnapshot.size > 0;
  }

  /** To be called when there is a new local file, or another reason to look whether files can be sent. */
  notify(): void {
    this.#releaseContent();
    for (const shipper of this.shippers) shipper.notify();
  }

  /**
   * Runs `fold`, which writes the file of `newest` again, if changes are folded now and that one was never sent; that it was
   * not is on disk before. No upload of it begins meanwhile.
   */
  async whileUnsent<T>(newest: Txid, fold: () => Promise<T>): Promise<T | undefined> {
    const mustStay = () => !this.folds || newest <= this.#mark.through;
    if (mustStay()) return undefined;
    return this.#foldOrSend.run(async () => {
      if (mustStay()) return undefined;
      await this.#mark.hold();
      return fold();
    });
  }

  /** Has a snapshot of the newest TXID written to the local files if a replica needs one; returns whether. */
  async snapshotIfWanted(write: () => Promise<LineageHead | undefined>): Promise<boolean> {
    if (!this.isSnapshotWanted) return false;
    const head = await write();
    if (head === undefined) return true;
    for (const shipper of this.#wantingSnapshot) shipper.startAfter((head.txid - 1n) as Txid);
    this.#wantingSnapshot.clear();
    return true;
  }

  /** Resolves when every replica that is not down has a TXID; rejects when there is no such replica. */
  async reached(txid: Txid, signal: AbortSignal = new AbortController().signal): Promise<void> {
    for (const shipper of this.shippers) shipper.retry();
    for (;;) {
      signal.throwIfAborted();
      const missing = this.shippers.filter(({ acknowledged }) => (acknowledged ?? noTxid) < txid);
      const failed = missing.filter(({ isFailing }) => isFailing);
      if (missing.length > failed.length) await this.#changed.wait(undefined, signal);
      else if (failed.length > 0 && failed.length === this.shippers.length) {
        throw new EngineError('unavailable', 'Cannot ship: no replica accepts files', { cause: failed[0]?.error });
      } else return;
    }
  }

  /**
   * Until when there is nothing to do unless the database changes, on the wall clock: everything is on every replica and
   * nothing is due there. Undefined while there is.
   */
  get idleUntilMs(): number | undefined {
    const { headTxid } = this.#local;
    const isDone = this.shippers.every(({ state, acknowledged }) => state === 'current' && acknowledged === headTxid);
    return isDone && !this.isSnapshotWanted ? this.#care.restUntilMs : undefined;
  }

  /** Where each replica stands. */
  status(): ReplicaStatus[] {
    return this.shippers.map((shipper) => replicaStatus(shipper, this.#care.status(shipper)));
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
    const mayCatchUp = ({ state }: ReplicaShipper) => state !== 'stopped' && state !== 'standby';
    while (behind().some(mayCatchUp) && clock.monotonic() < endMs) {
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

  /** A file that cannot be sent was not attempted: it gets the epoch of the next term. */
  async #attempt({ client }: ReplicaShipper, txid: Txid): Promise<void> {
    requireLease(client);
    await this.#foldOrSend.run(() => this.#mark.attempt(txid));
  }

  #acknowledged(): void {
    this.#changed.notify();
    // Others may be waiting for the authority's first file, or for what this replica has.
    if (this.shippers.length > 1 && this.#isFenced) this.notify();
    else this.#releaseContent();
    this.#care.notify();
    this.#events.onAcknowledged();
  }

  /** Once every replica that accepts files has the newest one, its bytes in memory are of no use. */
  #releaseContent(): void {
    const { headTxid } = this.#local;
    if (this.shippers.every(({ acknowledged, isFailing }) => isFailing || acknowledged === headTxid))
      this.#local.releaseContent();
  }

  /** What a replica lacks may have to be had from others: it looks again when it is known which of them can help. */
  #stateChanged(): void {
    this.#changed.notify();
    this.notify();
  }

  /** Whether the authority has the first file of this term: from then on no former holder of the lease gets a file in. */
  get #isFenced(): boolean {
    return this.#term === undefined || (this.#authority?.acknowledged ?? noTxid) >= this.#term.epochTxid;
  }

  #mayShip(shipper: ReplicaShipper): boolean {
    return shipper === this.#authority || this.#isFenced;
  }

  #conflict(shipper: ReplicaShipper, conflict: Conflict): EngineError {
    const error = conflictError(shipper.name, conflict, shipper === this.#authority ? this.#term?.epoch : undefined);
    if (error.code !== 'diverged') {
      this.#conflictError = error;
      this.#events.onConflict(error);
    }
    return error;
  }

  async #fill(shipper: ReplicaShipper): Promise<void> {
    const after = shipper.acknowledged ?? noTxid;
    if (this.shippers.some(({ acknowledged, isFailing }) => acknowledged === undefined && !isFailing)) return;
    // Only what a replica has acknowledged to us is known to be of this lineage.
    const others = this.shippers.flatMap(({ client, state, acknowledged = noTxid }) =>
      state === 'stopped' || acknowledged <= after ? [] : [{ client, upTo: acknowledged }],
    );
    const reached = await fillFromOthers(shipper.client, others, after, { signal: this.#stopped.signal });
    if (reached > after) {
      shipper.startAfter(reached);
      this.#care.of(shipper)?.forget();
      return;
    }
    this.#wantingSnapshot.add(shipper);
    this.#events.onSnapshotWanted();
  }
}

function requireLease(client: ReplicaClient): void {
  if (client instanceof FencedClient) client.requireLease();
}
