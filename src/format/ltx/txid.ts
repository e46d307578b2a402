declare const brand: unique symbol;

/** A transaction ID: 1, 2, 3 ... within one lineage; 0 means "none". */
export type Txid = bigint & { readonly [brand]: 'txid' };

export const noTxid = 0n as Txid;

/** Brands a number that is known to be a transaction ID. Throws RangeError outside 0..2^64-1. */
export function toTxid(value: bigint | number): Txid {
  const txid = BigInt(value);
  if (txid < 0n || txid > 0xffff_ffff_ffff_ffffn) throw new RangeError(`Cannot use ${value} as a TXID: out of range`);
  return txid as Txid;
}

/** 16 lower-case hexadecimal digits, as in file names. */
export function formatTxid(txid: Txid): string {
  return txid.toString(16).padStart(16, '0');
}

/** Reads 1 to 16 hexadecimal digits; undefined when `text` is anything else. */
export function parseTxid(text: string): Txid | undefined {
  return /^[0-9a-fA-F]{1,16}$/.test(text) ? (BigInt(`0x${text}`) as Txid) : undefined;
}

/** The TXID after this one. */
export function nextTxid(txid: Txid): Txid {
  return (txid + 1n) as Txid;
}
