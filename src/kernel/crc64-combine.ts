/** The polynomial of CRC-64/GO-ISO without its x^64 term; bit 63 is x^0. */
const polynomial = 0xd800_0000_0000_0000n;
const one = 1n << 63n;

/**
 * The register after feeding A and then B, from the register after A (`a`) and B's register started from 0n (`b`):
 * a CRC is linear, so A's part is only moved up by the length of B, in bytes.
 */
export function combineRegisters(a: bigint, b: bigint, lengthB: number): bigint {
  return multiply(a, factorOf(lengthB)) ^ b;
}

/** Combines many parts, most of them of one length: what that length multiplies by is worked out once. */
export class RegisterCombiner {
  #lengthB = 0;
  #factor = one;

  /** As `combineRegisters`. */
  combine(a: bigint, b: bigint, lengthB: number): bigint {
    if (lengthB !== this.#lengthB) {
      this.#factor = factorOf(lengthB);
      this.#lengthB = lengthB;
    }
    return multiply(a, this.#factor) ^ b;
  }
}

/** What `length` bytes behind a register multiply it by: x^(8 * length). */
function factorOf(length: number): bigint {
  let factor = one;
  for (let k = 0, rest = length; rest > 0; k++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) factor = multiply(factor, powerOf(k));
  }
  return factor;
}

/** x^(8 * 2^k), each one the square of the one before; as many as were needed so far. */
const powers = [one >> 8n];

function powerOf(k: number): bigint {
  for (let next = powers.length; next <= k; next++) powers.push(multiply(powers[next - 1]!, powers[next - 1]!));
  return powers[k]!;
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
