import { formatTxid, nextTxid, noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { LtxBody, LtxFileInfo, ReplicaClient, WriteOutcome } from '../../replica/replica-client.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { hintOf } from '../../runtime/typed-error.ts';
import { Wakeup } from '../../runtime/wakeup.ts';
import { type ReplicaHead, readReplicaHead } from '../continuity/replica-head.ts';
import { EngineError } from '../engine-error.ts';
import type { ShippedFile } from '../levels/shipped-file.ts';
import { type LongWork, longBytes } from '../long-work.ts';
import { fileId, type LocalFiles } from '../meta/local-files.ts';
import { readHeader } from '../restore/read-header.ts';
import { type Conflict, findConflict, foreignFile } from './refused-create.ts';

const firstRetryMs = 250;
const retryLimitMs = 30_000;

/** What a replica's shipper is up to. */
export type ShipState =
  /** The replica's newest TXID is not known yet. */
  | 'starting'
  /** Everything local is there. */
  | 'current'
  | 'behind'
  /** It does not accept writes; tried again with growing waits. */
  | 'down'
  /** Its lease is not held; what is local waits. */
  | 'standby'
  /** It holds something that cannot be gone on from; needs the operator. */
  | 'stopped';

export interface ShipperEvents {
  /** After the replica acknowledged a TXID. */
  onAcknowledged(): void;
  /** After it acknowledged a file; before `onAcknowledged`. */
  onShipped(shipper: ReplicaShipper, shipped: ShippedFile): void;
  /** Before the first upload of a file is attempted: from now on its bytes are final. */
  onAttempt(shipper: ReplicaShipper, txid: Txid): Promise<void>;
  /** After the replica stopped or began again to accept writes. */
  onStateChange(): void;
  /** The files after `txid` cannot be had locally or elsewhere: a snapshot has to begin them. */
  onMissing(shipper: ReplicaShipper): Promise<void>;
  /** The replica holds a file of another writer under a TXID of ours: the error for it. */
  onConflict(shipper: ReplicaShipper, conflict: Conflict): EngineError;
  /** After anything that kept files from being sent, before it is said. */
  onFailure(shipper: ReplicaShipper, error: unknown): void;
  /** Throws EngineError `lease-lost` while the replica's lease is not held: nothing is asked of it either. */
  requireLease(shipper: ReplicaShipper): void;
  /** Whether files may be sent to the replica now; `notify` is called when that changes. */
  mayShip(shipper: ReplicaShipper): boolean;
}

export interface ShipperState {
  readonly local: LocalFiles;
  /** What replicas held a moment ago, by their names. */
  readonly heads: ReadonlyMap<string, ReplicaHead | undefined>;
  readonly events: ShipperEvents;
}

/** Ships one database's level-0 files to one replica, in order, one at a time, each created and never replaced. */
export class ReplicaShipper {
  readonly name: string;
  readonly client: ReplicaClient;
  readonly #local: LocalFiles;
  readonly #events: ShipperEvents;
  readonly #work: LongWork;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #wakeup: Wakeup;
  readonly #backoff = new Backoff({ firstMs: firstRetryMs, limitMs: retryLimitMs });
  #lookedAt: { readonly head: ReplicaHead | undefined } | undefined;
  #acknowledged: Txid | undefined;
  #acknowledgedTimeMs: number | undefined;
  /** When the local files came that the replica does not have, oldest first; those folded into another count with it. */
  readonly #waiting: { readonly txid: Txid; readonly sinceMs: number }[] = [];
  #retryAtMs = 0;
  #state: ShipState = 'starting';
  #error: Error | undefined;

  constructor(
    replica: { name: string; client: ReplicaClient },
    { local, heads, events }: ShipperState,
    services: { work: LongWork; clock: Clock; logger: Logger },
  ) {
    this.name = replica.name;
    this.client = replica.client;
    this.#local = local;
    if (heads.has(replica.name)) this.#lookedAt = { head: heads.get(replica.name) };
    this.#events = events;
    this.#work = services.work;
    this.#clock = services.clock;
    this.#logger = services.logger.child({ replica: replica.name });
    this.#wakeup = new Wakeup(services.clock);
  }

  get state(): ShipState {
    return this.#state;
  }

  /** What keeps the replica `down` or `stopped`. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Whether it accepts no files now. */
  get isFailing(): boolean {
    return failing.has(this.#state);
  }

  /** The newest TXID the replica is known to hold; undefined before it was asked. */
  get acknowledged(): Txid | undefined {
    return this.#acknowledged;
  }

  /** The time of that TXID. */
  get acknowledgedTimeMs(): number | undefined {
    return this.#acknowledgedTimeMs;
  }

  /** Since when, on the wall clock, it lacks a local file; undefined when it has all of them. */
  get behindSinceMs(): number | undefined {
    return this.#waiting[0]?.sinceMs;
  }

  /** To be called after a new local file. A replica that is down is not tried more often for it. */
  notify(): void {
    const { headTxid } = this.#local;
    if (this.#behind() && (this.#waiting.at(-1)?.txid ?? noTxid) < headTxid)
      this.#waiting.push({ txid: headTxid, sinceMs: this.#clock.now() });
    if (this.#state !== 'down') this.#wakeup.notify();
  }

  /** Tries a replica that is down at once. */
  retry(): void {
    this.#wakeup.notify();
  }

  /** Ships until `signal` aborts. Never rejects for what the replica does. */
  async run(signal: AbortSignal): Promise<void> {
    using _heard = this.#wakeup.hear(signal);
    while (!signal.aborted) {
      try {
        this.#events.requireLease(this);
        if (this.#acknowledged === undefined) await this.#start(signal);
        await this.#shipAll(signal);
        await this.#enter(this.#behind() ? 'behind' : 'current');
        this.#backoff.reset();
        await this.#wakeup.wait(undefined, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#events.onFailure(this, error);
        const state = failingState(error);
        const final = state === 'stopped';
        if (state === 'standby') this.#forget(); // whoever holds the lease may move the replica on
        await this.#enter(state, error instanceof Error ? error : new Error(String(error)));
        const now = this.#clock.monotonic();
        if (now >= this.#retryAtMs) this.#retryAtMs = now + this.#backoff.next(); // tries in between count for nothing
        await this.#wakeup.wait(final ? undefined : this.#retryAtMs - now, signal);
        if (final && !signal.aborted) await this.#clock.sleep(firstRetryMs, signal);
      }
    }
  }

  /** Goes on after a snapshot of `txid` that was just written to the replica. */
  startAfter(txid: Txid): void {
    this.#acknowledged = txid;
    this.#dropWaiting(txid);
    this.#events.onAcknowledged();
    this.notify();
  }

  #forget(): void {
    this.#acknowledged = undefined;
    this.#lookedAt = undefined;
  }

  #behind(): boolean {
    return (this.#acknowledged ?? noTxid) < this.#local.headTxid;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { head } = this.#lookedAt ?? { head: await readReplicaHead(this.client, { signal }) };
    this.#lookedAt = undefined;
    if (head === undefined) {
      this.#acknowledged = noTxid;
      return;
    }
    const newest = this.#local.headTxid;
    if (head.txid > newest) throw foreignFile(this.name, head.txid, `the local files end at ${formatTxid(newest)}`);
    if (this.#local.has(head.txid)) {
      if (head.file.level === 0) await this.#compare(head.file, signal);
      else if (await this.#resumeBefore(head.txid, signal)) return;
    }
    this.#acknowledge(head.txid, head.timestampMs);
  }

  /**
   * A snapshot goes before the level-0 file it ends with. When the process ended between the two, what level 0 lacks is sent
   * again, as far as it is here; returns whether it is.
   */
  async #resumeBefore(txid: Txid, signal: AbortSignal): Promise<boolean> {
    let last: LtxFileInfo | undefined;
    for await (const file of this.client.list(0, { signal })) last = file;
    if (last === undefined || !this.#local.has(nextTxid(last.maxTxid)) || last.maxTxid >= txid) return false;
    const { timestampMs } = await readHeader(this.client, last, { signal });
    this.#acknowledge(last.maxTxid, timestampMs);
    return true;
  }

  async #shipAll(signal: AbortSignal): Promise<void> {
    while (this.#behind() && !signal.aborted && this.#events.mayShip(this)) {
      const txid = nextTxid(this.#acknowledged ?? noTxid);
      const snapshot = this.#local.snapshots.find((file) => file.maxTxid === txid);
      const file = this.#local.get(txid);
      if (snapshot !== undefined) {
        const body = await this.#local.body(snapshot);
        await this.#write(snapshot, body, signal);
        this.#events.onShipped(this, { file: snapshot, facts: body.header });
        if (file === undefined) {
          this.#acknowledge(txid, body.timestampMs); // the lineage goes on from a state without a local file
          continue;
        }
      }
      if (file === undefined) {
        await this.#events.onMissing(this);
        if (nextTxid(this.#acknowledged ?? noTxid) === txid) return;
        continue;
      }
      await this.#ship(txid, signal);
    }
  }

  async #ship(txid: Txid, signal: AbortSignal): Promise<void> {
    await this.#events.onAttempt(this, txid);
    const file = { ...fileId(txid), sizeBytes: this.#local.get(txid)?.sizeBytes ?? 0 }; // final only now
    const body = await this.#local.body(file);
    if ((await this.#write(file, body, signal)) === 'exists') await this.#compare(file, signal);
    if (this.isFailing) await this.#enter('behind');
    this.#events.onShipped(this, { file, facts: body.header });
    this.#acknowledge(txid, body.timestampMs);
  }

  async #write(file: LtxFileInfo, body: LtxBody, signal: AbortSignal): Promise<WriteOutcome> {
    if (body.sizeBytes < longBytes) return this.client.write(file, body, { signal });
    using step = this.#work.begin('upload', body.sizeBytes, this.name);
    return await this.client.write(file, body, { signal, onProgress: (doneBytes) => step.report(doneBytes) });
  }

  #acknowledge(txid: Txid, timestampMs: number): void {
    this.#acknowledged = txid;
    this.#acknowledgedTimeMs = timestampMs;
    this.#dropWaiting(txid);
    this.#events.onAcknowledged();
  }

  #dropWaiting(txid: Txid): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.txid <= txid) this.#waiting.shift();
  }

  async #compare(file: LtxFileInfo, signal: AbortSignal): Promise<void> {
    const conflict = await findConflict(file, { client: this.client, local: this.#local }, { signal });
    if (conflict !== undefined) throw this.#events.onConflict(this, conflict);
  }

  /** Says a change of state once. */
  async #enter(state: ShipState, error?: Error): Promise<void> {
    const before = this.#state;
    this.#state = state;
    this.#error = error;
    const failed = failing.has(state);
    const hadFailed = failing.has(before);
    if (failed && state !== 'standby' && state !== before) {
      this.#logger.error(state === 'down' ? 'replica does not accept files, trying again' : 'replica stopped', {
        error,
        hint: hintOf(error),
      });
    }
    if (hadFailed && before !== 'standby' && !failed) this.#logger.info('replica accepts files again');
    if (failed !== hadFailed) this.#events.onStateChange();
  }
}

const failing: ReadonlySet<ShipState> = new Set(['down', 'standby', 'stopped']);

function failingState(error: unknown): 'down' | 'standby' | 'stopped' {
  if (!(error instanceof EngineError)) return 'down';
  if (error.code === 'state-invalid') return 'down'; // a local file may come back
  return error.code === 'lease-lost' ? 'standby' : 'stopped';
}
