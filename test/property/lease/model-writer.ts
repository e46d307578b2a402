import { judgeAcquisition, judgeRefusedCreate } from '../../../src/engine/lease/fencing.ts';
import { type LocalLineage, lineageHead } from './local-lineage.ts';
import type { Level0File, SimulatedStore, StoreHead } from './simulated-store.ts';
import { LeaseViolation } from './violation.ts';

/** What a writer asks of the process it runs in. */
export interface WriterHost {
  readonly name: string;
  /** The epoch under which a mutation may be sent right now. */
  writableEpoch(): number | undefined;
  raiseAbove(epoch: number): void;
  /** `onReply` is called at most once, and not after `timeoutMs` or in another life of the process. */
  call<T>(effect: () => T, onReply: (reply: T) => void): void;
  /** A number never given out before. */
  nextId(): number;
}

/** Ships one database by the rules of fencing: the epoch file first, in order, one at a time. Lost with its process but for the lineage. */
export class ModelWriter {
  readonly lineage: LocalLineage;
  readonly #store: SimulatedStore;
  readonly #host: WriterHost;
  /** In force here since the replica was looked at under it. */
  #epoch: number | undefined;
  #acknowledged = 0;
  #epochFile = 0;
  #isBusy = false;

  constructor(lineage: LocalLineage, store: SimulatedStore, host: WriterHost) {
    this.lineage = lineage;
    this.#store = store;
    this.#host = host;
  }

  /** Whether everything local has been acknowledged, the epoch file included. */
  get isCurrent(): boolean {
    return this.#epoch !== undefined && this.#acknowledged === this.lineage.head.txid;
  }

  /** Whether anything but level 0 may be written, and up to which TXID. */
  get settledTxid(): number | undefined {
    return this.#acknowledged >= this.#epochFile && this.#isInForce() ? this.#acknowledged : undefined;
  }

  /** TXIDs above it are compacted from local files. */
  get epochFile(): number {
    return this.#epochFile;
  }

  /** The application commits, whoever has the lease; nothing before there is a database. */
  commit(): void {
    const { head } = this.lineage;
    if (head.txid === 0) return;
    const state = this.#host.nextId();
    this.lineage.append({ epoch: this.#epoch ?? head.epoch, id: state, state });
  }

  /** Local files that the replica has need not be kept, but for the newest. */
  dropAcknowledged(): void {
    for (const txid of this.lineage.files.keys()) {
      if (txid < this.#acknowledged && txid < this.lineage.head.txid) this.lineage.files.delete(txid);
    }
  }

  /** Sends what may be sent. */
  turn(): void {
    const epoch = this.#host.writableEpoch();
    if (epoch === undefined || this.#isBusy) return;
    if (epoch !== this.#epoch) this.#look(epoch);
    else if (this.#acknowledged < this.lineage.head.txid) this.#ship(this.#acknowledged + 1);
  }

  /** A call of this writer was given up. */
  timedOut(): void {
    this.#isBusy = false;
  }

  #look(epoch: number): void {
    this.#send(
      () => this.#store.head,
      (head) => {
        if (this.#host.writableEpoch() !== epoch) return;
        if (head !== undefined && head.epoch >= epoch) this.#host.raiseAbove(head.epoch);
        else this.#take(epoch, head);
      },
    );
  }

  /** Decides where to go on from, and makes the epoch file. */
  #take(epoch: number, head: StoreHead | undefined): void {
    const { lineage } = this;
    const finding = judgeAcquisition({
      replica: lineageHead(head),
      local: lineageHead(lineage.head),
      localThere: lineageHead(lineage.at(head?.txid ?? 0)),
    });
    const database = lineage.head.state;
    if (finding === 'two-writers') throw new LeaseViolation('two writers', `${this.#host.name} at TXID ${head?.txid}`);
    if (finding !== 'go-on' && head !== undefined) lineage.goOnFrom(head);
    const last = head?.txid ?? 0;
    const isNew = lineage.head.txid === 0;
    if (finding === 'absorb' || isNew) this.#append(epoch, isNew ? this.#host.nextId() : database);
    lineage.stamp(last, epoch, () => this.#host.nextId());
    if (lineage.head.txid === last) this.#append(epoch, lineage.head.state);
    this.#epochFile = last + 1;
    this.#epoch = epoch;
    this.#acknowledged = last;
  }

  #append(epoch: number, state: number): void {
    this.lineage.append({ epoch, id: this.#host.nextId(), state });
  }

  #ship(txid: number): void {
    const { lineage } = this;
    const epoch = this.#epoch;
    const file = lineage.files.get(txid);
    if (file === undefined) throw new LeaseViolation('local files', `${this.#host.name} lacks TXID ${txid}`);
    this.#send(
      () => (this.#store.createLevel0(file) === 'created' ? undefined : this.#store.level0.get(txid)),
      (theirs) => {
        if (this.#epoch === epoch && this.#acknowledged === txid - 1) this.#replied(file, theirs);
      },
    );
  }

  #replied(file: Level0File, theirs: Level0File | undefined): void {
    const epoch = this.#epoch ?? 0;
    const fenced = (it: Level0File) => ({ epoch: it.epoch, fileChecksum: BigInt(it.id) });
    const verdict = theirs === undefined ? 'ours' : judgeRefusedCreate(fenced(theirs), fenced(file), epoch);
    switch (verdict) {
      case 'ours':
        this.#acknowledged = file.txid;
        return;
      case 'step-down':
        this.#epoch = undefined;
        this.#host.raiseAbove(theirs?.epoch ?? 0);
        return;
      case 'absorb':
        this.#absorb(theirs ?? file, epoch);
        return;
      case 'two-writers':
        throw new LeaseViolation('two writers', `${this.#host.name} at TXID ${file.txid} under epoch ${epoch}`);
    }
  }

  /** The next file makes the database ours again; nothing was acknowledged under this epoch yet. */
  #absorb(theirs: Level0File, epoch: number): void {
    if (theirs.txid > this.#epochFile) {
      throw new LeaseViolation('fence', `a late write stands at TXID ${theirs.txid}, after the epoch file`);
    }
    const { lineage } = this;
    const database = lineage.head.state;
    lineage.goOnFrom(theirs);
    this.#acknowledged = theirs.txid;
    this.#append(epoch, database);
    this.#epochFile = lineage.head.txid;
  }

  #isInForce(): boolean {
    return this.#epoch !== undefined && this.#host.writableEpoch() === this.#epoch;
  }

  #send<T>(effect: () => T, onReply: (reply: T) => void): void {
    this.#isBusy = true;
    this.#host.call(effect, (reply) => {
      this.#isBusy = false;
      onReply(reply);
    });
  }
}
