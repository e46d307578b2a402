import { formatTxid, type Txid } from '../../format/ltx/txid.ts';
import type { LtxFileInfo } from '../../replica/replica-client.ts';
import { describeFile } from './describe-file.ts';
import { formatMoment } from './format-moment.ts';
import { gapError, type RestoreNotice } from './plan.ts';
import type { ReachableStates } from './reachable-states.ts';
import { RestoreError } from './restore-error.ts';

export interface MomentQuery {
  readonly momentMs: number;
  /** The present; a moment after it and after the newest file cannot be meant. */
  readonly nowMs: number;
  /** Refuse a moment inside a file instead of taking the newest state before it. */
  readonly exact?: boolean | undefined;
}

/** The state that a moment stands for. */
export interface MomentState {
  readonly txid: Txid;
  readonly timestampMs: number;
  readonly notices: readonly RestoreNotice[];
}

/** Reads the time in a file's header. */
export type ReadFileTime = (file: LtxFileInfo) => Promise<number>;

const readsAtOnce = 16;

/**
 * The newest restorable state at or before a moment, by header times alone. Times rise with TXIDs in files of ours, so
 * a binary search is enough; when the times read are out of order (files of other programs), all are read, and the
 * order of TXIDs decides.
 */
export async function findMoment(
  states: ReachableStates,
  query: MomentQuery,
  readTime: ReadFileTime,
): Promise<MomentState> {
  const { txids, newest } = states;
  if (newest === undefined) throw gapError(states, states.newestSeen ?? (1n as Txid));
  const times = new HeaderTimes(states, readTime);
  const newestMs = await times.at(newest);
  if (query.momentMs > Math.max(newestMs, query.nowMs))
    throw await outside('after-newest', states, times, query.momentMs);

  let index = query.momentMs >= newestMs ? txids.length - 1 : await search(txids, times, query.momentMs);
  if (!times.inOrder()) {
    await times.readAll(txids);
    index = txids.length - 1;
    while (index >= 0 && (await times.at(txids[index]!)) > query.momentMs) index--;
  }
  if (index < 0) throw await outside('before-first', states, times, query.momentMs);

  const txid = txids[index]!;
  const timestampMs = await times.at(txid);
  await refuseGap(states, txid, times, query.momentMs);
  return { txid, timestampMs, notices: noticesOf(states, { txid, timestampMs }, query) };
}

/** The index of the last state at or before the moment, -1 when there is none. The newest one is after it. */
async function search(txids: readonly Txid[], times: HeaderTimes, momentMs: number): Promise<number> {
  let low = 0;
  let high = txids.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((await times.at(txids[middle]!)) <= momentMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** A broken chain right after the state found may hide newer states that the moment stands for. */
async function refuseGap(states: ReachableStates, txid: Txid, times: HeaderTimes, momentMs: number): Promise<void> {
  if (states.fileAcross(txid) !== undefined) return;
  const lost = states.unreached.find((end) => end > txid);
  if (lost !== undefined && (await times.at(lost)) <= momentMs) throw gapError(states, lost);
}

function noticesOf(
  states: ReachableStates,
  state: { readonly txid: Txid; readonly timestampMs: number },
  query: MomentQuery,
): RestoreNotice[] {
  const found = `TXID ${formatTxid(state.txid)} of ${formatMoment(state.timestampMs)}`;
  const asked = formatMoment(query.momentMs);
  if (state.txid === states.newest) {
    if (query.momentMs === state.timestampMs) return [];
    return [{ code: 'after-newest', message: `${asked} is after the newest state; that is ${found}` }];
  }
  const across = states.fileAcross(state.txid);
  if (across === undefined || across.maxTxid === state.txid + 1n || query.momentMs === state.timestampMs) return [];
  if (query.exact) {
    throw new RestoreError('not-exact', `Cannot restore ${asked} exactly: it lies inside ${describeFile(across)}`, {
      hint: `The newest state before it is ${found}`,
      data: { before: state.txid, latest: states.newest, file: describeFile(across) },
    });
  }
  return [
    {
      code: 'inside-file',
      message: `${asked} lies inside ${describeFile(across)}; the newest state before it is ${found}`,
    },
  ];
}

async function outside(
  code: 'after-newest' | 'before-first',
  states: ReachableStates,
  times: HeaderTimes,
  momentMs: number,
): Promise<RestoreError> {
  const range = { fromMs: await times.at(states.txids[0]!), toMs: await times.at(states.newest!) };
  const where = code === 'before-first' ? 'before the first state' : 'after the newest state and in the future';
  const message = `Cannot restore ${formatMoment(momentMs)}: it lies ${where}`;
  return new RestoreError(code, message, {
    hint: `Moments from ${formatMoment(range.fromMs)} to ${formatMoment(range.toMs)} can be restored`,
    data: { range, latest: states.newest },
  });
}

/** The times read so far, by the TXID they belong to. */
class HeaderTimes {
  readonly #states: ReachableStates;
  readonly #readTime: ReadFileTime;
  readonly #known = new Map<Txid, number>();

  constructor(states: ReachableStates, readTime: ReadFileTime) {
    this.#states = states;
    this.#readTime = readTime;
  }

  async at(txid: Txid): Promise<number> {
    const known = this.#known.get(txid);
    if (known !== undefined) return known;
    const timeMs = await this.#readTime(this.#states.fileEndingAt(txid)!);
    this.#known.set(txid, timeMs);
    return timeMs;
  }

  inOrder(): boolean {
    const byTxid = [...this.#known].sort((a, b) => (a[0] < b[0] ? -1 : 1));
    return byTxid.every(([, timeMs], index) => index === 0 || timeMs >= byTxid[index - 1]![1]);
  }

  async readAll(txids: readonly Txid[]): Promise<void> {
    let next = 0;
    const worker = async () => {
      while (next < txids.length) await this.at(txids[next++]!);
    };
    await Promise.all(Array.from({ length: readsAtOnce }, worker));
  }
}
