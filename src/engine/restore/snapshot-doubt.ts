import { unknownChecksum } from '../../format/ltx/checksum.ts';
import type { LtxHeader } from '../../format/ltx/header.ts';
import { snapshotLevel, syncLevel } from '../../format/ltx/level.ts';
import type { LtxFileInfo } from '../../replica/replica-client.ts';
import { describeFile } from './describe-file.ts';

/**
 * Why a snapshot must not be used, or undefined. A snapshot follows the level-0 file it ends with, except at a change of
 * the page size, where it comes first: if its writer was replaced in between, it belongs to no lineage. Files without an
 * epoch are of other programs, which have no such order.
 */
export async function snapshotDoubt(
  snapshot: LtxFileInfo,
  files: readonly LtxFileInfo[],
  readHeader: (file: LtxFileInfo) => Promise<LtxHeader>,
): Promise<string | undefined> {
  if (snapshot.level !== snapshotLevel) return undefined;
  const others = files.filter((file) => file.level !== snapshotLevel);
  if (others.length === 0) return undefined;
  const own = others.find((file) => file.level === syncLevel && file.maxTxid === snapshot.maxTxid);
  if (own === undefined && others.some((file) => file.maxTxid >= snapshot.maxTxid)) return undefined;
  const header = await readHeader(snapshot);
  if (header.epoch === 0) return undefined;
  if (own === undefined) return 'no other file has its newest TXID';
  const ownHeader = await readHeader(own);
  const after = header.checksums?.after ?? unknownChecksum;
  const ownAfter = ownHeader.checksums?.after ?? unknownChecksum;
  if (after !== unknownChecksum && ownAfter !== unknownChecksum) {
    return after === ownAfter ? undefined : `${describeFile(own)} leads to another database`;
  }
  return header.epoch === ownHeader.epoch ? undefined : `${describeFile(own)} is of another epoch`;
}
