import { syncLevel } from '../../format/ltx/level.ts';
import { noTxid } from '../../format/ltx/txid.ts';
import type { LtxFileInfo } from '../../replica/replica-client.ts';
import type { ReplicaCatalog } from './replica-catalog.ts';

/** The level-0 files of a replica by what becomes of them. */
export interface SyncFileCounts {
  /** Their time is over. */
  readonly eligible: number;
  /** No file of level 1 holds what they hold yet. */
  readonly notCompacted: number;
  readonly tooRecent: number;
}

/** `expired`: what is deleted now, of all levels. */
export function syncFileCounts(catalog: ReplicaCatalog, expired: readonly LtxFileInfo[]): SyncFileCounts {
  const sync = catalog.level(syncLevel);
  const first = catalog.level(1);
  const compacted = first.length === 0 ? noTxid : first.maxTxid(first.length - 1);
  const eligible = expired.filter(({ level }) => level === syncLevel).length;
  const notCompacted = sync.length - sync.firstPast(compacted);
  return { eligible, notCompacted, tooRecent: Math.max(0, sync.length - eligible - notCompacted) };
}
