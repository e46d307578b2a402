import type { WalIndexHeader } from '../../format/wal/wal-index-header.ts';
import type { WalChecksum } from '../../kernel/kernels.ts';

/** A place in one generation of the WAL: just after `frameCount` frames. */
export interface WalPosition {
  /** The salts of the generation: its eight raw bytes, and the same as big-endian words. */
  readonly salts: Uint8Array;
  readonly salt1: number;
  readonly salt2: number;
  readonly frameCount: number;
  /** The running checksum after the last of these frames; undefined when it is not known or there is none. */
  readonly checksum: WalChecksum | undefined;
}

/** The end of what an index describes. */
export function endOfIndex(index: WalIndexHeader): WalPosition {
  const { salts, salt1, salt2, mxFrame, frameChecksum } = index;
  return { salts, salt1, salt2, frameCount: mxFrame, checksum: mxFrame === 0 ? undefined : frameChecksum };
}

/** The start of the generation an index describes. */
export function startOfGeneration(index: WalIndexHeader): WalPosition {
  const { salts, salt1, salt2 } = index;
  return { salts, salt1, salt2, frameCount: 0, checksum: undefined };
}
