import type { LeaseRecord } from '../../../src/replica/lease/lease-record.ts';
import type { LeaseWriteOutcome, StoredLease } from '../../../src/replica/lease/lease-store.ts';
import { LeaseViolation } from './violation.ts';

/** A level-0 file. What a database holds is one number, `from` before and `state` after the transaction. */
export interface Level0File {
  readonly txid: number;
  readonly epoch: number;
  /** Stands for its bytes. */
  readonly id: number;
  readonly from: number;
  readonly state: number;
}

/** A file of level 1, or a snapshot when it begins with TXID 1; for each TXID in it the state after that. */
export interface WideFile {
  readonly min: number;
  readonly max: number;
  readonly states: readonly number[];
}

/** What the newest file of the replica says. */
export interface StoreHead {
  readonly txid: number;
  readonly epoch: number;
  readonly state: number;
}

/** A bucket with one lease object and the files of one database. Requests take effect here one after the other, whenever they arrive. */
export class SimulatedStore {
  readonly level0 = new Map<number, Level0File>();
  readonly wide = new Map<string, WideFile>();
  leaseChangedAtMs = 0;
  /** TXIDs below this were given up by a holder's retention. */
  horizon = 0;
  readonly #history: number[] = [0];
  readonly #nowMs: () => number;
  #lease: StoredLease | undefined;
  #writes = 0;
  #head: StoreHead | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get head(): StoreHead | undefined {
    return this.#head;
  }

  /** The state after a TXID, in the one lineage there may be. */
  stateAt(txid: number): number | undefined {
    return this.#history[txid];
  }

  readLease(): StoredLease | undefined {
    return this.#lease;
  }

  writeLease(record: LeaseRecord, seen: StoredLease | undefined): LeaseWriteOutcome {
    if (this.#lease?.tag !== seen?.tag) return { outcome: 'refused' };
    this.#writes += 1;
    this.#lease = { record, tag: `"${this.#writes}"` };
    this.leaseChangedAtMs = this.#nowMs();
    return { outcome: 'written', tag: this.#lease.tag };
  }

  createLevel0(file: Level0File): 'created' | 'exists' {
    if (this.level0.has(file.txid)) return 'exists';
    const known = this.#history[file.txid];
    if (file.txid > this.horizon && known !== undefined && known !== file.state) {
      throw new LeaseViolation('lineage', `TXID ${file.txid} came again as another state, from epoch ${file.epoch}`);
    }
    if (known === undefined) {
      if (this.#history[file.txid - 1] !== file.from) {
        throw new LeaseViolation('lineage', `TXID ${file.txid} of epoch ${file.epoch} does not follow what is there`);
      }
      this.#history[file.txid] = file.state;
    }
    this.level0.set(file.txid, file);
    if (file.txid >= (this.#head?.txid ?? 0)) this.#head = file;
    return 'created';
  }

  createWide(file: WideFile): 'created' | 'exists' {
    const key = `${file.min}-${file.max}`;
    for (const [at, state] of file.states.entries()) {
      const txid = file.min + at;
      if (txid > this.horizon && this.#history[txid] !== state) {
        throw new LeaseViolation('lineage', `the compacted file ${key} holds another state of TXID ${txid}`);
      }
    }
    if (this.wide.has(key)) return 'exists';
    this.wide.set(key, file);
    return 'created';
  }

  delete(level0: readonly number[], wide: readonly string[]): void {
    for (const txid of level0) this.level0.delete(txid);
    for (const key of wide) this.wide.delete(key);
    this.#checkPlan();
  }

  /** Everything from TXID 1 to the newest must be had from files that join. */
  #checkPlan(): void {
    const newest = this.#head?.txid ?? 0;
    const reach = [...this.level0.keys()].map((txid) => ({ min: txid, max: txid }));
    const files = [...reach, ...this.wide.values()].sort((a, b) => a.min - b.min);
    let end = 0;
    for (const { min, max } of files) if (min <= end + 1 && max > end) end = max;
    if (end !== newest) throw new LeaseViolation('coverage', `TXIDs ${end + 1} to ${newest} cannot be restored`);
  }
}
