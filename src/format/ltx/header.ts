import type { Checksum } from './checksum.ts';
import type { Txid } from './txid.ts';

export const ltxHeaderBytes = 100;

/** The database checksums this project stores in the reserved bytes 80-99 (docs/format.md); 0n = unknown. */
export interface LtxChecksums {
  /** The database checksum before this file; unknown when min TXID is 1. */
  readonly before: Checksum;
  /** The database checksum after this file. */
  readonly after: Checksum;
}

/** The first 100 bytes of an LTX file. */
export interface LtxHeader {
  readonly pageSizeBytes: number;
  /** The size of the database after the last transaction, in pages. */
  readonly commit: number;
  readonly minTxid: Txid;
  readonly maxTxid: Txid;
  /** Milliseconds since the Unix epoch; the time of the file. */
  readonly timestampMs: number;
  /** Where the file's frames begin in the WAL; 0 only at levels >= 1. */
  readonly walOffset: number;
  readonly walSize: number;
  /** The raw big-endian words at 16 and 20 of the WAL header. */
  readonly salt1: number;
  readonly salt2: number;
  /** The fencing epoch: the high 32 bits of the node id. Litestream writes 0. */
  readonly epoch: number;
  /** True in every file of ours and of Litestream v0.5: the standard checksum fields are zero. */
  readonly noChecksum: boolean;
  /** The standard pre-apply checksum; 0n with `noChecksum`. */
  readonly preApplyChecksum: Checksum;
  /** The checksum extension; undefined in files of other programs. */
  readonly checksums: LtxChecksums | undefined;
}
