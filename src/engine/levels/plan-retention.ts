import { snapshotLevel, syncLevel } from '../../format/ltx/level.ts';
import { noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { LtxFileInfo } from '../../replica/replica-client.ts';
import { boundaryFrom } from './boundary.ts';
import { epochFiles } from './epoch-files.ts';
import { lastIndex } from './last-index.ts';
import type { LevelFiles } from './level-files.ts';
import type { LevelSettings } from './level-settings.ts';
import type { ReplicaCatalog } from './replica-catalog.ts';

export interface RetentionQuery {
  /** The newest TXID that the replica has acknowledged to this process. */
  readonly upTo: Txid;
  readonly nowMs: number;
  /** Whether restores may begin with a snapshot; asked only of one that everything before it would go for. */
  readonly mayUse: (snapshot: LtxFileInfo) => Promise<boolean>;
}

export interface RetentionPlan {
  /** What may go, in the order to delete it: whatever is left after a crash is legal. */
  readonly files: readonly LtxFileInfo[];
  /** When there is more to delete, if nothing else changes. */
  readonly nextAtMs: number | undefined;
}

/** The newest snapshot at or before the start of the window: what every moment of the window is restored from. */
interface Base {
  /** Of the level-9 file; -1 when there is none yet: then the lineage's first files are needed. */
  readonly index: number;
  readonly txid: Txid;
}

/**
 * Which files serve nothing any more. Kept are: every TXID for as long as level-0 files are kept, in a chain that can be
 * restored; every end of a level-1 file inside the window of snapshots; and always the newest file of each level.
 */
export async function planRetention(
  catalog: ReplicaCatalog,
  settings: LevelSettings,
  query: RetentionQuery,
): Promise<RetentionPlan> {
  const windowMs = Math.max(settings.snapshotRetentionMs, settings.syncRetentionMs);
  const base = await findBase(catalog, windowMs, query);
  const files: LtxFileInfo[] = [];
  for (let level = snapshotLevel as number; level > syncLevel; level--) {
    const all = catalog.level(level);
    for (let i = 0; i < endOfOld(catalog, level, base.txid); i++) files.push(all.at(i));
  }
  const sync = await expiredSyncFiles(catalog, settings, base, query);
  const snapshots = catalog.level(snapshotLevel);
  const following = base.index + 1;
  const isNext = following < snapshots.length && snapshots.maxTxid(following) <= query.upTo;
  const baseAtMs = isNext ? (await catalog.facts(snapshotLevel, following)).timestampMs + windowMs : undefined;
  return { files: [...files, ...sync.files], nextAtMs: earliest(baseAtMs, sync.nextAtMs, query.nowMs) };
}

async function findBase(
  catalog: ReplicaCatalog,
  windowMs: number,
  { upTo, nowMs, mayUse }: RetentionQuery,
): Promise<Base> {
  const snapshots = catalog.level(snapshotLevel);
  const timeOf = async (index: number) => (await catalog.facts(snapshotLevel, index)).timestampMs;
  let index = await lastIndex(snapshots.firstPast(upTo), async (i) => (await timeOf(i)) <= nowMs - windowMs);
  while (index >= 0 && isAnythingBefore(catalog, snapshots.maxTxid(index)) && !(await mayUse(snapshots.at(index))))
    index--;
  return index < 0 ? { index: -1, txid: noTxid } : { index, txid: snapshots.maxTxid(index) };
}

/** Whether a snapshot would make anything go: else nobody needs to look at it. */
function isAnythingBefore(catalog: ReplicaCatalog, txid: Txid): boolean {
  for (let level = snapshotLevel as number; level >= syncLevel; level--) {
    if (endOfOld(catalog, level, txid) > 0) return true;
  }
  return false;
}

/**
 * How many files of a level, from the oldest on, end where a snapshot does or before. The newest one does not count: it
 * tells how far the level is.
 */
function endOfOld(catalog: ReplicaCatalog, level: number, txid: Txid): number {
  const files = catalog.level(level);
  if (level === snapshotLevel) return txid === noTxid ? 0 : files.firstPast((txid - 1n) as Txid);
  return Math.max(0, Math.min(files.firstPast(txid), files.length - 1));
}

/**
 * Level-0 files up to the end of a level-1 file that is old enough. A level-1 file with a younger end keeps all its level-0
 * files: the younger of them can be reached only through the older ones.
 */
async function expiredSyncFiles(
  catalog: ReplicaCatalog,
  { syncRetentionMs, syncRetentionCheckMs }: LevelSettings,
  base: Base,
  { upTo, nowMs }: RetentionQuery,
): Promise<RetentionPlan> {
  const sync = catalog.level(syncLevel);
  const first = catalog.level(1);
  if (syncRetentionMs === 0 || sync.length < 2) return { files: [], nextAtMs: undefined };
  const timeOf = async (index: number) => (await catalog.facts(1, index)).timestampMs;
  const old = await lastIndex(first.firstPast(upTo), async (i) => (await timeOf(i)) <= nowMs - syncRetentionMs);
  const covered = old < 0 ? noTxid : first.maxTxid(old);
  const through = covered > base.txid ? covered : base.txid;
  const end = Math.min(sync.firstPast(through), sync.length - 1);
  const exempt = await epochFiles(catalog, end, base.txid);
  const files: LtxFileInfo[] = [];
  for (let i = 0; i < end; i++) {
    const txid = sync.maxTxid(i);
    if (!exempt.has(i) && (txid <= base.txid || isInside(first, txid))) files.push(sync.at(i));
  }
  const next = first.firstPast(through);
  const isWaiting = next < first.length && end < sync.length - 1 && sync.maxTxid(end) <= first.maxTxid(next);
  const nextAtMs = isWaiting ? boundaryFrom((await timeOf(next)) + syncRetentionMs, syncRetentionCheckMs) : undefined;
  return { files, nextAtMs };
}

function isInside(files: LevelFiles, txid: Txid): boolean {
  const index = files.firstPast((txid - 1n) as Txid);
  return index < files.length && files.minTxid(index) <= txid;
}

/** A moment that has passed is one that was just served. */
function earliest(a: number | undefined, b: number | undefined, nowMs: number): number | undefined {
  const times = [a, b].filter((timeMs) => timeMs !== undefined && timeMs > nowMs) as number[];
  return times.length === 0 ? undefined : Math.min(...times);
}
