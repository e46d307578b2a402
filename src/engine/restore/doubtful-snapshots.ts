import { unknownChecksum } from '../../format/ltx/checksum.ts';
import type { LtxHeader } from '../../format/ltx/header.ts';
import { snapshotLevel, syncLevel } from '../../format/ltx/level.ts';
import type { LtxFileInfo } from '../../replica/replica-client.ts';
import { describeFile } from './describe-file.ts';
import type { RestoreNotice } from './plan.ts';

export interface TrustedFiles {
  readonly files: readonly LtxFileInfo[];
  readonly notices: readonly RestoreNotice[];
}

/**
 * Leaves out a newest snapshot that nothing else vouches for. A snapshot follows the level-0 file it ends with, except
 * at a change of the page size, where it comes first: if its writer was replaced in between, it belongs to no lineage.
 * Files without an epoch are of other programs, which have no such order.
 */
export async function trustedFiles(
  files: readonly LtxFileInfo[],
  readHeader: (file: LtxFileInfo) => Promise<LtxHeader>,
): Promise<TrustedFiles> {
  const snapshots = files.filter((file) => file.level === snapshotLevel);
  const others = files.filter((file) => file.level !== snapshotLevel);
  if (snapshots.length === 0 || others.length === 0) return { files, notices: [] };
  const newest = snapshots.reduce((a, b) => (b.maxTxid > a.maxTxid ? b : a));
  const state = await doubtAbout(newest, others, readHeader);
  if (state === undefined) return { files, notices: [] };
  const message = `${describeFile(newest)} is left out: ${state}`;
  return { files: files.filter((file) => file !== newest), notices: [{ code: 'snapshot-ignored', message }] };
}

async function doubtAbout(
  snapshot: LtxFileInfo,
  others: readonly LtxFileInfo[],
  readHeader: (file: LtxFileInfo) => Promise<LtxHeader>,
): Promise<string | undefined> {
  const last = others.reduce((a, b) => (b.maxTxid > a.maxTxid ? b : a));
  const own = others.find((file) => file.level === syncLevel && file.maxTxid === snapshot.maxTxid);
  if (own === undefined && last.maxTxid >= snapshot.maxTxid) return undefined;
  const header = await readHeader(snapshot);
  if (header.epoch === 0) return undefined;
  if (own === undefined) return 'no other file has its newest TXID';
  const ownHeader = await readHeader(own);
  const [a, b] = [header.checksums?.after ?? unknownChecksum, ownHeader.checksums?.after ?? unknownChecksum];
  if (a !== unknownChecksum && b !== unknownChecksum) {
    return a === b ? undefined : `${describeFile(own)} leads to another database`;
  }
  return header.epoch === ownHeader.epoch ? undefined : `${describeFile(own)} is of another epoch`;
}
