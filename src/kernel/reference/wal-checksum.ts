import type { VerifiedFrames, WalByteOrder, WalChecksum } from '../kernels.ts';
import { requirePageSize, requireSalts, requireWordPairs, walFrameHeaderBytes } from '../limits.ts';

/** Folds `bytes` into a running WAL checksum. */
export function walChecksum(checksum: WalChecksum, bytes: Uint8Array, order: WalByteOrder): WalChecksum {
  requireWordPairs(bytes.length);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = order === 'little';
  let { s1, s2 } = checksum;
  for (let at = 0; at < bytes.length; at += 8) {
    s1 = (s1 + words.getUint32(at, little) + s2) >>> 0;
    s2 = (s2 + words.getUint32(at + 4, little) + s1) >>> 0;
  }
  return { s1, s2 };
}

/** Counts the valid WAL frames at the start of `frames`. */
export function verifyFrames(
  frames: Uint8Array,
  pageSize: number,
  salts: Uint8Array,
  checksum: WalChecksum,
  order: WalByteOrder,
): VerifiedFrames {
  requirePageSize(pageSize);
  requireSalts(salts);
  const frameSize = walFrameHeaderBytes + pageSize;
  let valid = 0;
  let running = checksum;
  for (let at = 0; at + frameSize <= frames.length; at += frameSize) {
    const frame = frames.subarray(at, at + frameSize);
    const header = new DataView(frame.buffer, frame.byteOffset, walFrameHeaderBytes);
    if (header.getUint32(0) === 0 || salts.some((byte, index) => byte !== frame[8 + index])) break;
    const next = walChecksum(walChecksum(running, frame.subarray(0, 8), order), frame.subarray(24), order);
    if (next.s1 !== header.getUint32(16) || next.s2 !== header.getUint32(20)) break;
    running = next;
    valid++;
  }
  return { frames: valid, checksum: running };
}
