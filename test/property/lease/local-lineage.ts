import type { LineageHead } from '../../../src/engine/lineage-head.ts';
import { type Checksum, toChecksum } from '../../../src/format/ltx/checksum.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import type { Level0File, StoreHead } from './simulated-store.ts';

/** The durable local state of one database. */
export class LocalLineage {
  readonly files = new Map<number, Level0File>();
  /** The newest local transaction; its file need not be here after a restore. */
  head: StoreHead = { txid: 0, epoch: 0, state: 0 };

  /** What is known here of a TXID. */
  at(txid: number): StoreHead | undefined {
    return this.files.get(txid) ?? (this.head.txid === txid && txid > 0 ? this.head : undefined);
  }

  append(file: Pick<Level0File, 'epoch' | 'id' | 'state'>): void {
    const made = { ...file, txid: this.head.txid + 1, from: this.head.state };
    this.files.set(made.txid, made);
    this.head = made;
  }

  /** Goes on from a transaction of the replica: what is here from it on was never part of the lineage. */
  goOnFrom({ txid, epoch, state }: StoreHead): void {
    for (const other of this.files.keys()) if (other >= txid) this.files.delete(other);
    this.head = { txid, epoch, state };
  }

  /** Gives the files after a TXID the present epoch, those too that were sent without a reply. */
  stamp(after: number, epoch: number, nextId: () => number): void {
    for (const file of this.files.values()) {
      if (file.txid > after) this.files.set(file.txid, { ...file, epoch, id: nextId() });
    }
    this.head = this.files.get(this.head.txid) ?? this.head;
  }
}

/** As the engine's decisions take it. */
export function lineageHead(head: StoreHead | undefined): LineageHead | undefined {
  if (head === undefined || head.txid === 0) return undefined;
  const checksum: Checksum = toChecksum((1n << 63n) | BigInt(head.state));
  return { txid: toTxid(head.txid), epoch: head.epoch, timestampMs: 0, pageSizeBytes: 4096, commit: 1, checksum };
}
