/** A polynomial of degree 63 at most in two words of 32 bits: BigInts of that size would each be an object. Bit 31 of `high` is x^0. */
interface Polynomial {
  readonly high: number;
  readonly low: number;
}

/** The high word of the polynomial of CRC-64/GO-ISO without its x^64 term; the low one is 0. */
const generatorHigh = 0xd800_0000;
const one: Polynomial = { high: 0x8000_0000, low: 0 };

/**
 * The register after feeding A and then B, from the register after A (`a`) and B's register started from 0n (`b`):
 * a CRC is linear, so A's part is only moved up by the length of B, in bytes.
 */
export function combineRegisters(a: bigint, b: bigint, lengthB: number): bigint {
  return a === 0n ? b : moved(a, factorOf(lengthB)) ^ b;
}

/** Combines many parts, most of them of one length: what that length multiplies by is worked out once. */
export class RegisterCombiner {
  #lengthB = 0;
  #factor = one;

  /** As `combineRegisters`. */
  combine(a: bigint, b: bigint, lengthB: number): bigint {
    if (a === 0n) return b;
    if (lengthB !== this.#lengthB) {
      this.#factor = factorOf(lengthB);
      this.#lengthB = lengthB;
    }
    return moved(a, this.#factor) ^ b;
  }
}

function moved(register: bigint, factor: Polynomial): bigint {
  const polynomial = { high: Number(register >> 32n), low: Number(register & 0xffff_ffffn) };
  const { high, low } = multiply(polynomial, factor);
  return (BigInt(high) << 32n) | BigInt(low);
}

/** What `length` bytes behind a register multiply it by: x^(8 * length). */
function factorOf(length: number): Polynomial {
  let factor = one;
  for (let k = 0, rest = length; rest > 0; k++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) factor = multiply(factor, powerOf(k));
  }
  return factor;
}

/** x^(8 * 2^k), each one the square of the one before; as many as were needed so far. */
const powers: Polynomial[] = [{ high: one.high >>> 8, low: 0 }];

function powerOf(k: number): Polynomial {
  for (let next = powers.length; next <= k; next++) powers.push(multiply(powers[next - 1]!, powers[next - 1]!));
  return powers[k]!;
}

/** The product of two polynomials modulo the CRC's. */
function multiply(left: Polynomial, right: Polynomial): Polynomial {
  let { high, low } = left;
  let productHigh = 0;
  let productLow = 0;
  for (const terms of [right.high, right.low]) {
    for (let term = 0x8000_0000; term !== 0; term >>>= 1) {
      if ((terms & term) !== 0) {
        productHigh ^= high;
        productLow ^= low;
      }
      const over = low & 1;
      low = (low >>> 1) | (high << 31);
      high = (high >>> 1) ^ (over === 1 ? generatorHigh : 0);
    }
  }
  return { high: productHigh >>> 0, low: productLow >>> 0 };
}
