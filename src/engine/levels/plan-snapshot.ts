import { snapshotLevel, syncLevel } from '../../format/ltx/level.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import { intervalStart } from './boundary.ts';
import type { ReplicaCatalog } from './replica-catalog.ts';

/** Whether there are TXIDs that no snapshot holds. */
export function isSnapshotPending(catalog: ReplicaCatalog, upTo: Txid): boolean {
  return upTo > catalog.level(snapshotLevel).newestTxid;
}

/** Whether a boundary has passed since the first TXID that no snapshot holds. */
export async function isSnapshotDue(
  catalog: ReplicaCatalog,
  { intervalMs, upTo, nowMs }: { readonly intervalMs: number; readonly upTo: Txid; readonly nowMs: number },
): Promise<boolean> {
  if (!isSnapshotPending(catalog, upTo)) return false;
  const snapshotTxid = catalog.level(snapshotLevel).newestTxid;
  const level = [1, syncLevel].find((candidate) => {
    const files = catalog.level(candidate);
    return files.firstPast(snapshotTxid) < files.length;
  });
  if (level === undefined) return false;
  const { timestampMs } = await catalog.facts(level, catalog.level(level).firstPast(snapshotTxid));
  return intervalStart(timestampMs, intervalMs) !== intervalStart(nowMs, intervalMs);
}
