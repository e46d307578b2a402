import { formatTxid, noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { LtxFileInfo } from '../../replica/replica-client.ts';
import { describeFile } from './describe-file.ts';
import type { ReachableStates } from './reachable-states.ts';
import { RestoreError } from './restore-error.ts';

/** What a restore wants to tell although it can go on. */
export interface RestoreNotice {
  readonly code: 'inside-file' | 'after-newest' | 'snapshot-ignored' | 'replica-unreachable';
  readonly message: string;
  /** The one it is about, where that is not the one that is restored from. */
  readonly replica?: string | undefined;
}

/** The files that rebuild a database at one TXID, in the order they apply. */
export interface RestorePlan {
  readonly txid: Txid;
  readonly files: readonly LtxFileInfo[];
  /** The size of all files together. */
  readonly bytes: number;
  readonly notices: readonly RestoreNotice[];
}

export interface PlanOptions {
  /** Refuse a target inside a file instead of taking the newest state before it. */
  readonly exact?: boolean | undefined;
}

/** The cheapest plan that ends at `target`, or the reason why there is none. */
export function planRestore(states: ReachableStates, target: Txid | 'newest', options: PlanOptions = {}): RestorePlan {
  const newest = states.newestSeen;
  if (newest === undefined) throw new RestoreError('no-backup', 'Cannot plan a restore: there are no LTX files');
  const txid = target === 'newest' ? newest : target;
  if (txid > newest) throw afterNewest(states, txid, newest);
  const way = states.wayTo(txid);
  if (way !== undefined) return { txid, files: way, bytes: sumBytes(way), notices: [] };

  const before = states.atOrBefore(txid);
  const past = states.fileAcross(before ?? noTxid);
  if (past === undefined) throw gapError(states, txid);
  if (before === undefined) throw beforeFirst(states, txid, past);
  const inside = `TXID ${formatTxid(txid)} lies inside ${describeFile(past)}`;
  if (options.exact) {
    throw new RestoreError(
      'not-exact',
      `Cannot restore TXID ${formatTxid(txid)} exactly: it lies inside ${describeFile(past)}`,
      {
        hint: `TXIDs ${formatTxid(before)} and ${formatTxid(past.maxTxid)} can be restored`,
        data: { before, latest: states.newest, file: describeFile(past) },
      },
    );
  }
  const files = states.wayTo(before)!;
  const message = `${inside}; the newest state before it is TXID ${formatTxid(before)}`;
  return { txid: before, files, bytes: sumBytes(files), notices: [{ code: 'inside-file', message }] };
}

/** Why no way leads to `txid`: the first TXIDs after the last state before it that are in no file. */
export function gapError(states: ReachableStates, txid: Txid): RestoreError {
  const before = states.atOrBefore(txid);
  const from = ((before ?? 0n) + 1n) as Txid;
  let next: LtxFileInfo | undefined;
  for (const file of states.files) {
    if (file.minTxid >= from && (next === undefined || file.minTxid < next.minTxid)) next = file;
  }
  const to = (next === undefined ? txid : next.minTxid - 1n) as Txid;
  const start =
    before === undefined ? 'nothing before them can be restored' : `the files before them end at ${formatTxid(before)}`;
  const end = next === undefined ? '' : `, the next one is ${describeFile(next)}`;
  const which = from === to ? `TXID ${formatTxid(from)} is` : `TXIDs ${formatTxid(from)} to ${formatTxid(to)} are`;
  const message = `Cannot restore TXID ${formatTxid(txid)}: ${which} in no file of levels 0 to 9 (${start}${end})`;
  return new RestoreError('gap', message, {
    hint: latestHint(states),
    data: { missing: { from, to }, before, latest: states.newest },
  });
}

function afterNewest(states: ReachableStates, txid: Txid, newest: Txid): RestoreError {
  const message = `Cannot restore TXID ${formatTxid(txid)}: the newest file ends at ${formatTxid(newest)}`;
  return new RestoreError('after-newest', message, {
    hint: latestHint(states),
    data: { before: states.newest, latest: states.newest },
  });
}

function beforeFirst(states: ReachableStates, txid: Txid, first: LtxFileInfo): RestoreError {
  const oldest = states.txids[0];
  const message = `Cannot restore TXID ${formatTxid(txid)}: it lies inside ${describeFile(first)} and no file ends before it`;
  return new RestoreError('before-first', message, {
    hint: oldest === undefined ? undefined : `The oldest TXID that can be restored is ${formatTxid(oldest)}`,
    data: { latest: states.newest, file: describeFile(first) },
  });
}

function latestHint(states: ReachableStates): string {
  if (states.newest === undefined) return 'Nothing can be restored: there is no unbroken chain of files from TXID 1 on';
  return `The latest TXID that can be restored is ${formatTxid(states.newest)}`;
}

function sumBytes(files: readonly LtxFileInfo[]): number {
  return files.reduce((bytes, file) => bytes + file.sizeBytes, 0);
}
