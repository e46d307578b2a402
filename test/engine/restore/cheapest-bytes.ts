import type { LtxFileInfo } from '../../../src/replica/replica-client.ts';

/** The bytes of the cheapest way to a state, by relaxing every file until nothing changes; undefined without a way. */
export function cheapestBytes(files: readonly LtxFileInfo[], target: bigint): number | undefined {
  const bytes = new Map<bigint, number>([[0n, 0]]);
  for (let changed = true; changed; ) {
    changed = false;
    for (const file of files) {
      for (const [state, spent] of [...bytes]) {
        if (file.minTxid - 1n > state || file.maxTxid <= state) continue;
        if (spent + file.sizeBytes >= (bytes.get(file.maxTxid) ?? Infinity)) continue;
        bytes.set(file.maxTxid, spent + file.sizeBytes);
        changed = true;
      }
    }
  }
  return bytes.get(target);
}
