import { RestoreError } from '../../engine/restore/restore-error.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { ReplicaError } from '../../replica/replica-error.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import {
  isGone,
  listStates,
  type Moment,
  momentAt,
  type ReplicaStates,
  requireEmpty,
  unreachable,
} from './replica-states.ts';
import { type Replicas, withReplicas } from './replicas.ts';

/** What one replica holds. */
export interface ReplicaBackup {
  readonly name: string;
  readonly url: string;
  readonly oldest: Moment | undefined;
  /** The newest state that can be restored from this replica. */
  readonly newest: Moment | undefined;
  /** How many states can be restored. */
  readonly momentCount: number;
  /** The newest TXID of any file; later than `newest` when files before it are missing. */
  readonly lastTxid: Txid | undefined;
  /** Why the replica could not be read. */
  readonly error: Error | undefined;
}

/** How old a backup is. */
export type BackupStatus =
  | {
      readonly outcome: 'backed-up';
      readonly oldest: Moment;
      /** The newest state that can be restored from any replica that could be read. */
      readonly newest: Moment;
      /** The time since `newest`. It grows while nobody writes to the database, too. */
      readonly ageMs: number;
      readonly replicas: readonly ReplicaBackup[];
    }
  /** Every replica could be read and none has a file. */
  | { readonly outcome: 'no-backup'; readonly replicas: readonly ReplicaBackup[] };

/** A file may be compacted away after it was listed; then the replica is listed anew, this often. */
const tries = 4;

const nothing = { oldest: undefined, newest: undefined, momentCount: 0, lastTxid: undefined, error: undefined };

/**
 * Reads how old a backup is, from the replicas themselves: names of files, and two headers of each replica. Throws
 * RestoreError `unreachable` or `gap` when there may be a backup but none that can be restored was found.
 */
export async function backupStatus(replicas: Replicas, options: CallOptions = {}): Promise<BackupStatus> {
  return withReplicas(replicas, { logger: silentLogger }, async (opened): Promise<BackupStatus> => {
    const nowMs = systemClock.now();
    for (let left = tries; ; left--) {
      const listed = await listStates(opened, options);
      const backups = await Promise.all(listed.map((each) => backupOf(each, options, { isLast: left === 1 })));
      const whole = backups.filter((backup) => backup !== undefined);
      if (whole.length === backups.length) return statusOf(whole, listed, nowMs);
    }
  });
}

/** Undefined when a file has gone meanwhile. */
async function backupOf(
  listed: ReplicaStates,
  options: CallOptions,
  { isLast }: { readonly isLast: boolean },
): Promise<ReplicaBackup | undefined> {
  const { name, client } = listed.replica;
  const place = { name, url: client.url };
  if ('error' in listed) return { ...place, ...nothing, error: listed.error };
  const { states } = listed;
  const lastTxid = states.newestSeen;
  const momentCount = states.txids.length;
  const [first] = states.txids;
  const last = states.newest;
  if (first === undefined || last === undefined) return { ...place, ...nothing, lastTxid };
  try {
    const [oldest, newest] = await Promise.all([
      momentAt(listed.replica, states.fileEndingAt(first)!, options),
      momentAt(listed.replica, states.fileEndingAt(last)!, options),
    ]);
    return { ...place, oldest, newest, momentCount, lastTxid, error: undefined };
  } catch (error) {
    if (isGone(error) && !isLast) return undefined;
    if (!(error instanceof ReplicaError || error instanceof RestoreError)) throw error;
    return { ...place, ...nothing, lastTxid, momentCount, error };
  }
}

function statusOf(replicas: readonly ReplicaBackup[], listed: readonly ReplicaStates[], nowMs: number): BackupStatus {
  const oldest = replicas.flatMap((replica) => replica.oldest ?? []).reduce<Moment | undefined>(earlier, undefined);
  const newest = replicas.flatMap((replica) => replica.newest ?? []).reduce<Moment | undefined>(later, undefined);
  if (oldest === undefined || newest === undefined) {
    for (const { name, error } of replicas) if (error !== undefined) throw unreachable(name, error);
    requireEmpty(listed);
    return { outcome: 'no-backup', replicas };
  }
  return { outcome: 'backed-up', oldest, newest, ageMs: Math.max(0, nowMs - newest.timestampMs), replicas };
}

function earlier(best: Moment | undefined, moment: Moment): Moment {
  return best === undefined || order(moment, best) < 0 ? moment : best;
}

function later(best: Moment | undefined, moment: Moment): Moment {
  return best === undefined || order(moment, best) > 0 ? moment : best;
}

function order(a: Moment, b: Moment): number {
  return a.timestampMs - b.timestampMs || (a.txid < b.txid ? -1 : a.txid > b.txid ? 1 : 0);
}
