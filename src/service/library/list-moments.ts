import type { NamedReplica } from '../../engine/restore/restore-options.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions, LtxFileInfo } from '../../replica/replica-client.ts';
import { systemClock } from '../../runtime/clock.ts';
import { DurableFiles } from '../../runtime/durable-files.ts';
import { type Logger, silentLogger } from '../../runtime/logger.ts';
import { closeReplicas, openReplicas } from '../named-replicas.ts';
import { isGone, listStates, type Moment, momentAt, requireEmpty } from './replica-states.ts';
import { type Replicas, replicaConfigs } from './replicas.ts';
import { millisecondsOf, type Timestamp } from './timestamp.ts';

export interface ListMomentsOptions extends CallOptions {
  /** Moments before it are left out. */
  readonly from?: Timestamp | undefined;
  /** Moments after it are left out. */
  readonly to?: Timestamp | undefined;
  /** Default `newest-first`. */
  readonly order?: 'newest-first' | 'oldest-first' | undefined;
  /** Told of replicas that were left out because they could not be read. Default: says nothing. */
  readonly logger?: Logger | undefined;
}

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where the time of a state is read: in the first replica that holds it. */
interface StateFile {
  readonly replica: NamedReplica;
  readonly file: LtxFileInfo;
}

const readsAtOnce = 16;
/** A file may be compacted away after it was listed; then the replicas are listed anew, this often. */
const tries = 4;

/**
 * Yields the states that can be restored, each TXID once. Names of files are listed at the start; headers are read as they
 * are asked for, 16 at a time, and a few more to find the borders of the range: leaving the loop early is cheap. Times rise
 * with TXIDs in files of this program; where they do not, every header is read. Throws RestoreError `unreachable` or `gap`
 * when there may be a backup but no state that can be restored was found.
 */
export async function* listMoments(replicas: Replicas, options: ListMomentsOptions = {}): AsyncGenerator<Moment> {
  const { from, to, order = 'newest-first', signal, logger = silentLogger } = options;
  const nowMs = systemClock.now();
  const range: Range = {
    fromMs: from === undefined ? Number.NEGATIVE_INFINITY : millisecondsOf(from, nowMs),
    toMs: to === undefined ? Number.POSITIVE_INFINITY : millisecondsOf(to, nowMs),
  };
  const opened = openReplicas(replicaConfigs(replicas), { durableFiles: new DurableFiles(), logger });
  try {
    const files = await filesInRange(opened, range, { signal, logger });
    if (order === 'newest-first') files.reverse();
    for (let at = 0; at < files.length; at += readsAtOnce) {
      const some = files.slice(at, at + readsAtOnce);
      const moments = await Promise.all(some.map((file) => momentUnlessGone(file, { signal })));
      for (const moment of moments) if (moment !== undefined && isWithin(moment.timestampMs, range)) yield moment;
    }
  } finally {
    await closeReplicas(opened);
  }
}

async function filesInRange(
  replicas: readonly NamedReplica[],
  range: Range,
  { signal, logger }: CallOptions & { readonly logger: Logger },
): Promise<StateFile[]> {
  for (let left = tries; ; left--) {
    const listed = await listStates(replicas, { signal });
    const byTxid = new Map<Txid, StateFile>();
    for (const each of listed) {
      if ('error' in each) {
        logger.warn('a replica was left out', { replica: each.replica.name, error: each.error });
        continue;
      }
      for (const txid of each.states.txids) {
        if (!byTxid.has(txid)) byTxid.set(txid, { replica: each.replica, file: each.states.fileEndingAt(txid)! });
      }
    }
    if (byTxid.size === 0) requireEmpty(listed);
    const files = [...byTxid].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
    try {
      return await cut(files, range, { signal });
    } catch (error) {
      if (left === 1 || !isGone(error)) throw error;
    }
  }
}

/** The files from the first to the last in the range, by binary search; all of them where the times read are not in order. */
async function cut(files: StateFile[], { fromMs, toMs }: Range, options: CallOptions): Promise<StateFile[]> {
  const times = new Map<number, number>();
  const timeAt = async (index: number): Promise<number> => {
    const { replica, file } = files[index]!;
    const timeMs = times.get(index) ?? (await momentAt(replica, file, options)).timestampMs;
    times.set(index, timeMs);
    return timeMs;
  };
  const isBounded = fromMs !== Number.NEGATIVE_INFINITY || toMs !== Number.POSITIVE_INFINITY;
  if (files.length === 0 || !isBounded) return files;
  const first = await firstIndex(files.length, async (index) => (await timeAt(index)) >= fromMs);
  const end = await firstIndex(files.length, async (index) => (await timeAt(index)) > toMs);
  const inOrder = [...times].sort(([a], [b]) => a - b).map(([, timeMs]) => timeMs);
  const isRising = inOrder.every((timeMs, index) => index === 0 || timeMs >= inOrder[index - 1]!);
  return isRising ? files.slice(first, end) : files;
}

/** The first index for which `holds` is true, given that it stays true; `length` when there is none. */
async function firstIndex(length: number, holds: (index: number) => Promise<boolean>): Promise<number> {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (await holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

async function momentUnlessGone({ replica, file }: StateFile, options: CallOptions): Promise<Moment | undefined> {
  try {
    return await momentAt(replica, file, options);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isWithin(timeMs: number, { fromMs, toMs }: Range): boolean {
  return timeMs >= fromMs && timeMs <= toMs;
}
