/** What tells one generation of a WAL from the next: the same 8 bytes stand in its header, its frames and its index. */
export interface WalSalts {
  /** The bytes as they stand in the WAL. */
  readonly salts: Uint8Array;
  /** Their two big-endian words, as an LTX header has them. */
  readonly salt1: number;
  readonly salt2: number;
}

/** Reads the salts at `offset` into a copy. */
export function readSalts(bytes: Uint8Array, offset: number): WalSalts {
  const salts = new Uint8Array(8);
  for (let i = 0; i < salts.length; i++) salts[i] = bytes[offset + i]!;
  const view = new DataView(salts.buffer);
  return { salts, salt1: view.getUint32(0), salt2: view.getUint32(4) };
}

export function sameSalts(a: { salt1: number; salt2: number }, b: { salt1: number; salt2: number }): boolean {
  return a.salt1 === b.salt1 && a.salt2 === b.salt2;
}
