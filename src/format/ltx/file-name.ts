import { formatTxid, type Txid, toTxid } from './txid.ts';

/** The TXIDs an LTX file covers, both included. */
export interface TxidRange {
  readonly minTxid: Txid;
  readonly maxTxid: Txid;
}

/** `0000000000000001-000000000000000f.ltx`. */
export function formatLtxFileName(minTxid: Txid, maxTxid: Txid): string {
  const min = formatTxid(minTxid);
  return `${min}-${minTxid === maxTxid ? min : formatTxid(maxTxid)}.ltx`;
}

/** Reads the name of an LTX file; undefined when `name` is anything else, as a temporary file's is. */
export function parseLtxFileName(name: string): TxidRange | undefined {
  const match = /^([0-9a-f]{16})-([0-9a-f]{16})\.ltx$/.exec(name);
  if (match === null) return undefined;
  const minTxid = toTxid(BigInt(`0x${match[1]}`));
  const maxTxid = toTxid(BigInt(`0x${match[2]}`));
  return minTxid > 0n && minTxid <= maxTxid ? { minTxid, maxTxid } : undefined;
}
