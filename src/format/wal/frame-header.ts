import type { WalChecksum } from '../../kernel/kernels.ts';
import { walFrameHeaderBytes } from '../../kernel/limits.ts';
import { walHeaderBytes } from './header.ts';
import { readSalts, type WalSalts } from './salts.ts';

/** The 24 bytes in front of each page in a WAL. */
export interface WalFrameHeader extends WalSalts {
  readonly pgno: number;
  /** The size of the database in pages when this frame ends a transaction, else 0. */
  readonly commit: number;
  /** The running checksum up to and including this frame. */
  readonly checksum: WalChecksum;
}

/** The last commit among some frames. */
export interface LastCommit {
  /** How many frames there are up to and including it. */
  readonly frameCount: number;
  readonly commit: number;
}

export function walFrameBytes(pageSizeBytes: number): number {
  return walFrameHeaderBytes + pageSizeBytes;
}

/** Where the frame after the first `frameCount` ones begins in the WAL file. */
export function walOffsetAfter(frameCount: number, pageSizeBytes: number): number {
  return walHeaderBytes + frameCount * walFrameBytes(pageSizeBytes);
}

/** Reads the frame header at `offset`. What it says counts only once the frame's salts and checksum are verified. */
export function decodeWalFrameHeader(bytes: Uint8Array, offset = 0): WalFrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, walFrameHeaderBytes);
  return {
    pgno: view.getUint32(0),
    commit: view.getUint32(4),
    checksum: { s1: view.getUint32(16), s2: view.getUint32(20) },
    ...readSalts(bytes, offset + 8),
  };
}

/** Finds the last frame that ends a transaction among `frameCount` verified frames; undefined when there is none. */
export function findLastCommit(frames: Uint8Array, pageSizeBytes: number, frameCount: number): LastCommit | undefined {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.length);
  const frameBytes = walFrameBytes(pageSizeBytes);
  for (let frame = frameCount - 1; frame >= 0; frame--) {
    const commit = view.getUint32(frame * frameBytes + 4);
    if (commit !== 0) return { frameCount: frame + 1, commit };
  }
  return undefined;
}
