import { type Checksum, toChecksum } from '../../format/ltx/checksum.ts';
import { type Txid, toTxid } from '../../format/ltx/txid.ts';

const magic = 0x5043_5331; // PCS1
export const tableHeadBytes = 40;

/** Which state of the database a stored table describes. */
export interface TableTag {
  readonly txid: Txid;
  readonly checksum: Checksum;
  readonly pageSizeBytes: number;
  readonly pageCount: number;
}

/** What a stored table begins with: magic, page size, page count, check, TXID, checksum. The entries follow in the machine's byte order. */
export interface TableHead {
  readonly tag: TableTag;
  /** That of the entries; 0 where nobody computed one. */
  readonly check: number;
}

export function encodeTableHead({ tag, check }: TableHead): Uint8Array {
  const bytes = new Uint8Array(tableHeadBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  view.setUint32(4, tag.pageSizeBytes);
  view.setUint32(8, tag.pageCount);
  view.setUint32(12, check);
  view.setBigUint64(16, tag.txid);
  view.setBigUint64(24, tag.checksum);
  return bytes;
}

/** Undefined when these are not the first bytes of a table. */
export function decodeTableHead(bytes: Uint8Array): TableHead | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < tableHeadBytes || view.getUint32(0) !== magic) return undefined;
  const tag = {
    txid: toTxid(view.getBigUint64(16)),
    checksum: toChecksum(view.getBigUint64(24)),
    pageSizeBytes: view.getUint32(4),
    pageCount: view.getUint32(8),
  };
  return { tag, check: view.getUint32(12) };
}
