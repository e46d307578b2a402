import { syncLevel } from '../../format/ltx/level.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { ReplicaCatalog } from './replica-catalog.ts';

/**
 * The indexes, among the first `end` level-0 files, of files past `txid` that stay because a former holder may still have a
 * request on its way to create one of their TXIDs: were that deleted, the late file would be created there. `end` is at most
 * the index of the newest file.
 *
 * A holder sends one file at a time. Its last try thus goes to the TXID after its last file, where another epoch begins, or
 * to the one after the newest file it saw when it took over: if that was taken meanwhile by a holder before it, who sent
 * nothing afterwards, that is where an epoch ends. So the first and the last file of each epoch stay. Epochs rise with
 * TXIDs, so few headers are read.
 */
export async function epochFiles(catalog: ReplicaCatalog, end: number, txid: Txid): Promise<ReadonlySet<number>> {
  const found = new Set<number>();
  const files = catalog.level(syncLevel);
  const epochAt = async (index: number) => (await catalog.facts(syncLevel, index)).epoch;
  const search = async (low: number, high: number): Promise<void> => {
    if (low >= high || (await epochAt(low)) === (await epochAt(high))) return;
    if (high === low + 1) {
      found.add(low).add(high);
      return;
    }
    const middle = (low + high) >>> 1;
    await search(low, middle);
    await search(middle, high);
  };
  const start = files.firstPast(txid);
  if (start >= end) return found;
  if ((await epochAt(0)) > 0) found.add(0);
  await search(0, end);
  return new Set([...found].filter((index) => index >= start && index < end));
}
