import { decodeLtxHeader, type LtxHeader, ltxHeaderBytes } from '../../format/ltx/header.ts';
import { decodePageIndex } from '../../format/ltx/page-index.ts';
import { restampLtx } from '../../format/ltx/restamp.ts';
import { locatePageIndex, ltxTailBytes } from '../../format/ltx/tail.ts';
import { decodeLtxTrailer, ltxTrailerBytes } from '../../format/ltx/trailer.ts';
import type { Kernels } from '../../kernel/kernels.ts';
import { fileId, type LocalFile, type LocalFiles } from '../meta/local-files.ts';

const chunkBytes = 1 << 20;

/** Gives a local file that nobody was sent yet another epoch; returns its header. */
export async function restampFile(
  local: LocalFiles,
  file: LocalFile,
  epoch: number,
  { kernels }: { readonly kernels: Kernels },
): Promise<LtxHeader> {
  const { txid, sizeBytes } = file;
  const headerBytes = await local.readAt(txid, 0, ltxHeaderBytes);
  const header = decodeLtxHeader(headerBytes);
  if (header.epoch === epoch) return header;
  const tail = await local.readAt(txid, sizeBytes - ltxTailBytes, ltxTailBytes);
  const location = locatePageIndex(tail, sizeBytes);
  const index = await local.readAt(txid, location.offset, location.sizeBytes);
  const { count: pageCount } = decodePageIndex(index, { fileSizeBytes: sizeBytes });
  const { fileChecksum } = decodeLtxTrailer(tail.subarray(-ltxTrailerBytes), header);
  const stamped = { headerBytes, fileChecksum, pageCount, indexBytes: location.sizeBytes };
  const changed = restampLtx(stamped, epoch, { kernels });
  const pending = await local.begin(fileId(txid));
  try {
    await pending.append(changed.headerBytes);
    for (let at = ltxHeaderBytes; at < sizeBytes - ltxTrailerBytes; ) {
      const length = Math.min(chunkBytes, sizeBytes - ltxTrailerBytes - at);
      await pending.append(await local.readAt(txid, at, length));
      at += length;
    }
    await pending.append(changed.trailerBytes);
    await pending.replace();
  } catch (error) {
    await pending.discard();
    throw error;
  }
  return changed.header;
}
