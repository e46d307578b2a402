import type { LtxHeader } from '../../format/ltx/header.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { LtxFileInfo } from '../../replica/replica-client.ts';
import { planForTarget } from '../restore/plan-for-target.ts';

/** The cheapest files that rebuild a database at a TXID, oldest first, all of one page size. Throws RestoreError. */
export async function planSnapshot(
  files: readonly LtxFileInfo[],
  txid: Txid,
  nowMs: number,
  readHeader: (file: LtxFileInfo) => Promise<LtxHeader>,
): Promise<readonly LtxFileInfo[]> {
  for (let usable = files; ; ) {
    const query = { target: { kind: 'txid', txid }, nowMs, exact: true } as const;
    const { plan } = await planForTarget(usable, query, readHeader);
    const otherPageSize = await lastOfOtherPageSize(plan.files, readHeader);
    if (otherPageSize === undefined) return plan.files;
    usable = usable.filter((file) => file.maxTxid > otherPageSize.maxTxid);
  }
}

/** A page size lasts from a snapshot on: only a plan whose ends differ has a change inside. */
async function lastOfOtherPageSize(
  files: readonly LtxFileInfo[],
  readHeader: (file: LtxFileInfo) => Promise<LtxHeader>,
): Promise<LtxFileInfo | undefined> {
  const { pageSizeBytes } = await readHeader(files.at(-1)!);
  if ((await readHeader(files[0]!)).pageSizeBytes === pageSizeBytes) return undefined;
  for (const file of [...files].reverse()) {
    if ((await readHeader(file)).pageSizeBytes !== pageSizeBytes) return file;
  }
  return undefined;
}
