import { nextTxid, type Txid } from '../../format/ltx/txid.ts';
import type { LtxFileInfo } from '../../replica/replica-client.ts';
import { intervalStart } from './boundary.ts';
import { lastIndex } from './last-index.ts';
import type { ReplicaCatalog } from './replica-catalog.ts';

export interface CompactionQuery {
  /** The level to be written, 1 to 8. */
  readonly level: number;
  readonly intervalMs: number;
  /** The newest TXID that the replica has acknowledged to this process. */
  readonly upTo: Txid;
  readonly nowMs: number;
}

/**
 * The files of the level below that become the next file of a level, oldest first; none when nothing is due. They follow
 * each other without a gap, and their times lie in one interval, which must be over: so after any pause the ends of level-1
 * files still stand for moments at most an interval apart.
 */
export async function planCompaction(
  catalog: ReplicaCatalog,
  { level, intervalMs, upTo, nowMs }: CompactionQuery,
): Promise<readonly LtxFileInfo[]> {
  const pending = pendingFiles(catalog, level, upTo);
  if (pending.length === 0) return [];
  const sources = catalog.level(level - 1);
  const intervalOf = async (file: LtxFileInfo) => {
    const { timestampMs } = await catalog.facts(level - 1, sources.firstPast((file.maxTxid - 1n) as Txid));
    return intervalStart(timestampMs, intervalMs);
  };
  const startMs = await intervalOf(pending[0]!);
  if (startMs === intervalStart(nowMs, intervalMs)) return [];
  if ((await intervalOf(pending.at(-1)!)) === startMs) return pending;
  const last = await lastIndex(pending.length, async (index) => (await intervalOf(pending[index]!)) <= startMs);
  return pending.slice(0, Math.max(1, last + 1));
}

/** Whether a level has something to take in, now or at its next boundary. */
export function isCompactionPending(catalog: ReplicaCatalog, level: number, upTo: Txid): boolean {
  return pendingFiles(catalog, level, upTo).length > 0;
}

/** What follows the newest file of a level, up to the first gap. Where nothing follows directly, a snapshot did. */
function pendingFiles(catalog: ReplicaCatalog, level: number, upTo: Txid): LtxFileInfo[] {
  const newest = catalog.level(level).newestTxid;
  const sources = catalog.level(level - 1);
  const files: LtxFileInfo[] = [];
  const end = sources.firstPast(upTo);
  let reached: Txid | undefined;
  for (let i = sources.firstPast(newest); i < end; i++) {
    if (reached !== undefined && sources.minTxid(i) > nextTxid(reached)) break;
    reached = sources.maxTxid(i);
    files.push(sources.at(i));
  }
  return files;
}
