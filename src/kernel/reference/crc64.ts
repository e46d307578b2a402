/**
 * What eight shifts make of each low byte. The polynomial has no term in its low half and a byte is shifted out by then,
 * so only the high 32 bits of an entry can differ from 0.
 */
const highTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit++) {
    const out = low & 1;
    low = (low >>> 1) | (high << 31);
    high = (high >>> 1) ^ (out === 1 ? 0xd800_0000 : 0);
  }
  return high >>> 0;
});

/** Folds `bytes` into a CRC-64/GO-ISO register. */
export function crc64(register: bigint, bytes: Uint8Array): bigint {
  let high = Number((register >> 32n) & 0xffff_ffffn) | 0;
  let low = Number(register & 0xffff_ffffn) | 0;
  for (let at = 0; at < bytes.length; at++) {
    const entry = highTable[(low ^ bytes[at]!) & 0xff]!;
    low = (low >>> 8) | (high << 24);
    high = (high >>> 8) ^ entry;
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
