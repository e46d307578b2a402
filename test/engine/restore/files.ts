import type { Level } from '../../../src/format/ltx/level.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import type { LtxFileInfo } from '../../../src/replica/replica-client.ts';

/** A file as a listing shows it. */
export function file(level: number, min: number, max: number, sizeBytes = 1000): LtxFileInfo {
  return { level: level as Level, minTxid: toTxid(min), maxTxid: toTxid(max), sizeBytes };
}

/** A listing as `level:min-max` words, which is how failures read best. */
export function words(files: Iterable<LtxFileInfo>): string {
  return [...files].map((one) => `${one.level}:${one.minTxid}-${one.maxTxid}`).join(' ');
}

/** Level-0 files of `count` TXIDs, each with its own size. */
export function chain(from: number, to: number, sizeBytes = 1000): LtxFileInfo[] {
  return Array.from({ length: to - from + 1 }, (_, index) => file(0, from + index, from + index, sizeBytes));
}
