// CRC-64/GO-ISO without a table. A register is a polynomial whose x^0 stands in bit 63, so a shift to the right
// multiplies. The generator is x^64 + x^4 + x^3 + x + 1, hence x^64 = (1 + x)(1 + x^3), and because squaring is linear
// x^512 = (1 + x^8)(1 + x^24): eight 64-bit lanes each move up by 64 bytes with a handful of shifts.

/** (1 + x)(1 + x^3) times `a`, whose degree is at most 59. */
function times64(a: u64): u64 {
  const t = a ^ (a >> 1);
  return t ^ (t >> 3);
}

/** x^64 times `a`. */
function move64(a: u64): u64 {
  return times64(a ^ (a << 63) ^ (a << 61) ^ (a << 60));
}

/** x^512 times both lanes of `a`. */
function move512(a: v128): v128 {
  const t = v128.xor(a, i64x2.shr_u(a, 8));
  const low = v128.xor(t, i64x2.shr_u(t, 24));
  const over = i64x2.shl(v128.xor(v128.xor(a, i64x2.shl(a, 8)), i64x2.shl(a, 24)), 32);
  const u = v128.xor(over, i64x2.shr_u(over, 1));
  return v128.xor(low, v128.xor(u, i64x2.shr_u(u, 3)));
}

/** Folds the 8 bytes of a little-endian word. */
export function fold64(register: u64, word: u64): u64 {
  return move64(register ^ word);
}

/** Folds the 4 bytes of a little-endian word. */
export function fold32(register: u64, word: u32): u64 {
  return (register >> 32) ^ times64((register ^ word) << 32);
}

/** Folds the 2 bytes of a little-endian word. */
export function fold16(register: u64, word: u16): u64 {
  return (register >> 16) ^ times64((register ^ word) << 48);
}

/** Folds `length` bytes at `from` into a register. */
export function crc64(register: u64, from: usize, length: usize): u64 {
  const end = from + length;
  if (length >= 128) {
    let a = v128.xor(v128.load(from), i64x2.replace_lane(i64x2.splat(0), 0, register));
    let b = v128.load(from, 16);
    let c = v128.load(from, 32);
    let d = v128.load(from, 48);
    from += 64;
    for (; from + 64 <= end; from += 64) {
      a = v128.xor(move512(a), v128.load(from));
      b = v128.xor(move512(b), v128.load(from, 16));
      c = v128.xor(move512(c), v128.load(from, 32));
      d = v128.xor(move512(d), v128.load(from, 48));
    }
    register = fold64(0, i64x2.extract_lane(a, 0));
    register = fold64(register, i64x2.extract_lane(a, 1));
    register = fold64(register, i64x2.extract_lane(b, 0));
    register = fold64(register, i64x2.extract_lane(b, 1));
    register = fold64(register, i64x2.extract_lane(c, 0));
    register = fold64(register, i64x2.extract_lane(c, 1));
    register = fold64(register, i64x2.extract_lane(d, 0));
    register = fold64(register, i64x2.extract_lane(d, 1));
  }
  for (; from + 8 <= end; from += 8) register = fold64(register, load<u64>(from));
  for (; from < end; from++) register = (register >> 8) ^ times64((register ^ load<u8>(from)) << 56);
  return register;
}

/**
 * Fills 16 tables of 16 products at `tables`, one table for each 4 bits of a register: what they become when `byteCount`
 * zero bytes follow. `byteCount` is a multiple of 8.
 */
export function prepareMove(tables: usize, byteCount: u32): void {
  let product: u64 = 1 << 63;
  for (let at: u32 = 0; at < byteCount; at += 8) product = move64(product);
  for (let bit: i32 = 63; bit >= 0; bit--) {
    const table = tables + ((<usize>bit >> 2) << 7);
    const entry: u32 = 1 << (bit & 3);
    for (let index: u32 = 0; index < 16; index++) {
      const slot = table + (index << 3);
      if (bit >> 2 << 2 == bit - 3) {
        store<u64>(slot, index & entry ? product : 0);
      } else if (index & entry) {
        store<u64>(slot, load<u64>(slot) ^ product);
      }
    }
    product = (product >> 1) ^ (product & 1 ? 0xd800000000000000 : 0);
  }
}

/** Moves a register up by the byte count of `prepareMove`. */
export function moveByTables(tables: usize, register: u64): u64 {
  let product: u64 = 0;
  for (let nibble: usize = 0; nibble < 16; nibble++) {
    product ^= load<u64>(tables + (nibble << 7) + (<usize>(register & 15) << 3));
    register >>= 4;
  }
  return product;
}
