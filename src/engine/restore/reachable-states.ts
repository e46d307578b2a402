import { snapshotLevel } from '../../format/ltx/level.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { LtxFileInfo } from '../../replica/replica-client.ts';

/** A state that can be restored, and the last step of the cheapest way there. */
interface Reached {
  readonly txid: bigint;
  readonly bytes: number;
  readonly steps: number;
  readonly last: LtxFileInfo | undefined;
  readonly from: Reached | undefined;
}

/**
 * Which TXIDs a set of LTX files can rebuild, and by which files at the fewest bytes. Only the ends of files can be
 * states. A file applies to every state from the one before its min TXID on, so files may overlap.
 */
export class ReachableStates {
  /** Every file, ascending by max TXID. */
  readonly files: readonly LtxFileInfo[];
  /** Ascending. */
  readonly txids: readonly Txid[];
  /** Ends of files that no way leads to, ascending. */
  readonly unreached: readonly Txid[];
  readonly #reached: ReadonlyMap<bigint, Reached>;
  readonly #endingAt: ReadonlyMap<bigint, LtxFileInfo>;

  /** Takes n log n time. */
  static of(files: Iterable<LtxFileInfo>): ReachableStates {
    return new ReachableStates([...files].sort(byMaxTxid));
  }

  private constructor(files: readonly LtxFileInfo[]) {
    this.files = files;
    const { reached, unreached } = cheapestWays(files);
    this.#reached = reached;
    this.txids = [...reached.keys()] as Txid[];
    this.unreached = unreached;
    const endingAt = new Map<bigint, LtxFileInfo>();
    for (const file of files) if (!endingAt.has(file.maxTxid)) endingAt.set(file.maxTxid, file);
    this.#endingAt = endingAt;
  }

  get newest(): Txid | undefined {
    return this.txids.at(-1);
  }

  /** The newest max TXID of any file, restorable or not. */
  get newestSeen(): Txid | undefined {
    return this.files.at(-1)?.maxTxid;
  }

  has(txid: Txid): boolean {
    return this.#reached.has(txid);
  }

  atOrBefore(txid: Txid): Txid | undefined {
    return this.txids[firstIndex(this.txids.length, (at) => this.txids[at]! > txid) - 1];
  }

  after(txid: Txid): Txid | undefined {
    return this.txids[firstIndex(this.txids.length, (at) => this.txids[at]! > txid)];
  }

  /** The file of the lowest level that ends at `txid`: the one whose time is closest to the commit. */
  fileEndingAt(txid: Txid): LtxFileInfo | undefined {
    return this.#endingAt.get(txid);
  }

  /** The files of the cheapest way to a state, in the order they apply; undefined when none leads there. */
  wayTo(txid: Txid): readonly LtxFileInfo[] | undefined {
    let at = this.#reached.get(txid);
    if (at === undefined) return undefined;
    const files: LtxFileInfo[] = [];
    for (; at?.last !== undefined; at = at.from) files.push(at.last);
    return files.reverse();
  }

  /**
   * The file that a target between two states lies inside: it applies to `txid` and leads past it. A later snapshot
   * covers every TXID, so it counts only when no file ends between it and `txid`; else something is missing there.
   */
  fileAcross(txid: Txid): LtxFileInfo | undefined {
    const past = this.files.filter((file) => file.minTxid <= txid + 1n && file.maxTxid > txid);
    const compacted = past.find((file) => file.level !== snapshotLevel);
    if (compacted !== undefined) return compacted;
    const snapshot = past[0];
    if (snapshot === undefined || txid === 0n) return snapshot;
    return this.unreached.some((end) => end > txid && end < snapshot.maxTxid) ? undefined : snapshot;
  }
}

function byMaxTxid(a: LtxFileInfo, b: LtxFileInfo): number {
  if (a.maxTxid !== b.maxTxid) return a.maxTxid < b.maxTxid ? -1 : 1;
  if (a.level !== b.level) return a.level - b.level;
  return a.minTxid < b.minTxid ? -1 : 1;
}

/** In order of max TXID, every state a file may start from is already settled when the file's turn comes. */
function cheapestWays(files: readonly LtxFileInfo[]): { reached: Map<bigint, Reached>; unreached: Txid[] } {
  const reached = new Map<bigint, Reached>();
  const unreached: Txid[] = [];
  // Cost rises along the front, so the first entry at or after a TXID is the cheapest one there is.
  const front: Reached[] = [{ txid: 0n, bytes: 0, steps: 0, last: undefined, from: undefined }];
  for (let at = 0; at < files.length; ) {
    const end = files[at]!.maxTxid;
    let best: Reached | undefined;
    for (; files[at]?.maxTxid === end; at++) {
      const file = files[at]!;
      const from = front[firstIndex(front.length, (index) => front[index]!.txid >= file.minTxid - 1n)];
      if (from === undefined) continue;
      const way = { txid: end, bytes: from.bytes + file.sizeBytes, steps: from.steps + 1, last: file, from };
      if (best === undefined || compareCost(way, best) < 0) best = way;
    }
    if (best === undefined) {
      unreached.push(end);
      continue;
    }
    reached.set(end, best);
    while (front.length > 0 && compareCost(front.at(-1)!, best) >= 0) front.pop();
    front.push(best);
  }
  return { reached, unreached };
}

function compareCost(a: Reached, b: Reached): number {
  return a.bytes - b.bytes || a.steps - b.steps;
}

/** The first index for which `holds` is true, given that it stays true; `length` when there is none. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
