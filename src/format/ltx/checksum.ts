declare const brand: unique symbol;

/** A CRC-64/GO-ISO checksum of a page, a database or a file, with bit 63 set; 0 means "unknown". */
export type Checksum = bigint & { readonly [brand]: 'checksum' };

const flag = 1n << 63n;

export const unknownChecksum = 0n as Checksum;

/** The checksum of a database without pages: what XOR starts from. */
export const emptyDatabaseChecksum = flag as Checksum;

/** Brands a value read from a file or made by a kernel. */
export function toChecksum(value: bigint): Checksum {
  return value as Checksum;
}

/** True for a value that can be a known checksum: bit 63 is set. */
export function isChecksum(value: bigint): value is Checksum {
  return (value & flag) !== 0n;
}

/** Adds page checksums to a database checksum, or takes them out again: XOR is its own inverse. Bit 63 stays set. */
export function xorChecksum(database: Checksum, pages: bigint): Checksum {
  return ((database ^ pages) | flag) as Checksum;
}

/** The checksum that a finished CRC-64 register stands for. */
export function checksumOfRegister(register: bigint): Checksum {
  return ((register ^ 0xffff_ffff_ffff_ffffn) | flag) as Checksum;
}

export function formatChecksum(checksum: Checksum): string {
  return checksum.toString(16).padStart(16, '0');
}
