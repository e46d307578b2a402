/** The polynomial of CRC-64/GO-ISO without its x^64 term; bit 63 is x^0. */
const polynomial = 0xd800_0000_0000_0000n;
const one = 1n << 63n;

/**
 * The register after feeding A and then B, from the register after A (`a`) and B's register started from 0n (`b`):
 * a CRC is linear, so A's part is only moved up by the length of B, in bytes.
 */
export function combineRegisters(a: bigint, b: bigint, lengthB: number): bigint {
  let moved = a;
  let power = one >> 8n;
  for (let bits = BigInt(lengthB); bits > 0n; bits >>= 1n) {
    if ((bits & 1n) === 1n) moved = multiply(moved, power);
    power = multiply(power, power);
  }
  return moved ^ b;
}

/** The product of two polynomials modulo the CRC's. */
function multiply(left: bigint, right: bigint): bigint {
  let product = 0n;
  let shifted = left;
  for (let term = one; term > 0n; term >>= 1n) {
    if ((right & term) !== 0n) product ^= shifted;
    shifted = (shifted & 1n) === 1n ? (shifted >> 1n) ^ polynomial : shifted >> 1n;
  }
  return product;
}
