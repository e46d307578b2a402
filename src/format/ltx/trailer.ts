import { type Checksum, isChecksum, toChecksum, unknownChecksum } from './checksum.ts';
import type { LtxHeader } from './header.ts';
import { LtxError } from './ltx-error.ts';

export const ltxTrailerBytes = 16;

/** The last 16 bytes of an LTX file. */
export interface LtxTrailer {
  /** The standard post-apply checksum; 0n in files with the no-checksum flag. */
  readonly postApplyChecksum: Checksum;
  /** The checksum of the whole file with its pages uncompressed. */
  readonly fileChecksum: Checksum;
}

export function encodeLtxTrailer(trailer: LtxTrailer): Uint8Array {
  const bytes = new Uint8Array(ltxTrailerBytes);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, trailer.postApplyChecksum);
  view.setBigUint64(8, trailer.fileChecksum);
  return bytes;
}

/** Reads the last 16 bytes of a file whose header is known. Throws LtxError `trailer-invalid`. */
export function decodeLtxTrailer(bytes: Uint8Array, header: LtxHeader): LtxTrailer {
  if (bytes.length !== ltxTrailerBytes) {
    throw new LtxError('truncated', `Cannot read LTX trailer: ${bytes.length} of ${ltxTrailerBytes} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, ltxTrailerBytes);
  const postApplyChecksum = toChecksum(view.getBigUint64(0));
  const fileChecksum = toChecksum(view.getBigUint64(8));
  if (header.noChecksum ? postApplyChecksum !== unknownChecksum : !isChecksum(postApplyChecksum)) {
    throw new LtxError('trailer-invalid', 'Cannot read LTX trailer: post-apply checksum and header flags disagree');
  }
  if (!isChecksum(fileChecksum)) {
    throw new LtxError('trailer-invalid', 'Cannot read LTX trailer: a file checksum without bit 63');
  }
  return { postApplyChecksum, fileChecksum };
}
