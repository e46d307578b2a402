import type { Checksum } from '../format/ltx/checksum.ts';
import { unknownChecksum } from '../format/ltx/checksum.ts';
import type { LtxHeader } from '../format/ltx/header.ts';
import type { Txid } from '../format/ltx/txid.ts';

/** The newest transaction of a lineage, as its file's header has it. */
export interface LineageHead {
  readonly txid: Txid;
  readonly epoch: number;
  readonly timestampMs: number;
  readonly pageSizeBytes: number;
  /** The size of the database, in pages. */
  readonly commit: number;
  /** The database checksum after the transaction; 0n when unknown: files of other programs carry none. */
  readonly checksum: Checksum;
}

export function headOf(header: LtxHeader): LineageHead {
  return {
    txid: header.maxTxid,
    epoch: header.epoch,
    timestampMs: header.timestampMs,
    pageSizeBytes: header.pageSizeBytes,
    commit: header.commit,
    checksum: header.checksums?.after ?? unknownChecksum,
  };
}

/** The time of the next file: never before, nor at, that of the previous one, whatever the clock does. */
export function nextTimestamp(nowMs: number, previous: LineageHead | undefined): number {
  return Math.max(Math.floor(nowMs), previous === undefined ? 0 : previous.timestampMs + 1);
}
