import { syncLevel } from '../../format/ltx/level.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { ReplicaCatalog } from './replica-catalog.ts';

/**
 * The indexes, among the first `end` level-0 files, of files that begin an epoch and lie past `txid`. A late writer of an
 * earlier epoch meets them when it creates its next file, so they stay. Epochs rise with TXIDs, so few headers are read.
 */
export async function epochFiles(catalog: ReplicaCatalog, end: number, txid: Txid): Promise<ReadonlySet<number>> {
  const found = new Set<number>();
  const files = catalog.level(syncLevel);
  const epochAt = async (index: number) => (await catalog.facts(syncLevel, index)).epoch;
  const search = async (low: number, high: number): Promise<void> => {
    if (low >= high || (await epochAt(low)) === (await epochAt(high))) return;
    if (high === low + 1) {
      found.add(high);
      return;
    }
    const middle = (low + high) >>> 1;
    await search(low, middle);
    await search(middle, high);
  };
  const start = files.firstPast(txid);
  if (start >= end) return found;
  if ((await epochAt(0)) > 0) found.add(0);
  await search(0, end - 1);
  return new Set([...found].filter((index) => index >= start));
}
