import type { LineageHead } from '../../../src/engine/lineage-head.ts';
import { type Checksum, toChecksum } from '../../../src/format/ltx/checksum.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import type { Level0File, StoreHead } from './simulated-store.ts';

export interface LocalFile extends Level0File {
  /** Sent once: its bytes are final. */
  readonly isAttempted: boolean;
}

/** The durable local state of one database. */
export class LocalLineage {
  readonly files = new Map<number, LocalFile>();
  /** The newest local transaction; its file need not be here after a restore. */
  head: StoreHead = { txid: 0, epoch: 0, state: 0 };

  /** What is known here of a TXID. */
  at(txid: number): StoreHead | undefined {
    return this.files.get(txid) ?? (this.head.txid === txid && txid > 0 ? this.head : undefined);
  }

  append(file: Pick<Level0File, 'epoch' | 'id' | 'state' | 'fencedFrom'>): void {
    const made = { ...file, txid: this.head.txid + 1, from: this.head.state, isAttempted: false };
    this.files.set(made.txid, made);
    this.head = made;
  }

  attempt(file: LocalFile): void {
    this.files.set(file.txid, { ...file, isAttempted: true });
  }

  /** Goes on from a transaction of the replica: what is here from it on was never part of the lineage. */
  goOnFrom({ txid, epoch, state }: StoreHead): void {
    for (const other of this.files.keys()) if (other >= txid) this.files.delete(other);
    this.head = { txid, epoch, state };
  }

  /** Gives files that were never sent to their first reader the present epoch; returns the TXID of the first one. */
  stamp(after: number, epoch: number, nextId: () => number): number | undefined {
    let first: number | undefined;
    for (let txid = after + 1; txid <= this.head.txid; txid += 1) {
      const file = this.files.get(txid);
      if (file === undefined || file.isAttempted) continue;
      first ??= txid;
      this.files.set(txid, { ...file, epoch, id: nextId() });
    }
    this.head = this.files.get(this.head.txid) ?? this.head;
    return first;
  }
}

/** As the engine's decisions take it. */
export function lineageHead(head: StoreHead | undefined): LineageHead | undefined {
  if (head === undefined || head.txid === 0) return undefined;
  const checksum: Checksum = toChecksum((1n << 63n) | BigInt(head.state));
  return { txid: toTxid(head.txid), epoch: head.epoch, timestampMs: 0, pageSizeBytes: 4096, commit: 1, checksum };
}
