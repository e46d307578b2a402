import { encodeLtxHeader, type LtxHeader } from '../../src/format/ltx/header.ts';
import { ltxHeader } from './ltx-file-spec.ts';
import { assembleLtxFile, lz4FrameFrame } from './raw-ltx-file.ts';

/** The file of TXID 1 as programs before Litestream v0.5 wrote it: each page in an LZ4 frame, no checksums of ours. */
export function oldFramesFile(pageSizeBytes: number, pages: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const header = { ...ltxHeader({ pageSizeBytes, commit: pages.size }), noChecksum: true, preApplyChecksum: 0n };
  const frames = [...pages].map(([pgno, page]) => lz4FrameFrame(pgno, page, storedLz4Frame(page)));
  return assembleLtxFile({ header: encodeLtxHeader(header as LtxHeader), frames });
}

/** An LZ4 frame with one block that is not compressed. */
function storedLz4Frame(page: Uint8Array): Uint8Array {
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE((page.length | 0x8000_0000) >>> 0);
  return Buffer.concat([head, size, page, Buffer.alloc(4)]);
}
