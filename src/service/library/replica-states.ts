import { listFiles } from '../../engine/restore/list-files.ts';
import { gapError } from '../../engine/restore/plan.ts';
import { ReachableStates } from '../../engine/restore/reachable-states.ts';
import { readHeader } from '../../engine/restore/read-header.ts';
import { RestoreError } from '../../engine/restore/restore-error.ts';
import type { NamedReplica } from '../../engine/restore/restore-options.ts';
import type { Level } from '../../format/ltx/level.ts';
import { LtxError } from '../../format/ltx/ltx-error.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions, LtxFileInfo } from '../../replica/replica-client.ts';
import { ReplicaError } from '../../replica/replica-error.ts';

/** A state that can be restored. */
export interface Moment {
  readonly txid: Txid;
  /** When it was copied, from the header of its file: within a sync interval after the commit. */
  readonly timestampMs: number;
  /** The lowest level that has a file ending there. */
  readonly level: Level;
  /** The name of the replica it was found in. */
  readonly replica: string;
}

/** What a replica holds by the names of its files, or why it could not be read. */
export type ReplicaStates =
  | { readonly replica: NamedReplica; readonly states: ReachableStates }
  | { readonly replica: NamedReplica; readonly error: Error };

/** Lists replicas, without reading a file. */
export function listStates(replicas: readonly NamedReplica[], options: CallOptions): Promise<ReplicaStates[]> {
  return Promise.all(
    replicas.map(async (replica): Promise<ReplicaStates> => {
      try {
        return { replica, states: ReachableStates.of(await listFiles(replica.client, options)) };
      } catch (error) {
        options.signal?.throwIfAborted();
        if (error instanceof ReplicaError || error instanceof LtxError) return { replica, error };
        throw error;
      }
    }),
  );
}

/** Reads the time of a state. Throws ReplicaError `not-found` when its file was compacted since the replica was listed. */
export async function momentAt(
  { name, client }: NamedReplica,
  file: LtxFileInfo,
  options: CallOptions,
): Promise<Moment> {
  const { timestampMs } = await readHeader(client, file, options);
  return { txid: file.maxTxid, timestampMs, level: file.level, replica: name };
}

export function isGone(error: unknown): boolean {
  return error instanceof ReplicaError && error.code === 'not-found';
}

/** Throws unless the replicas can be said to hold no backup: one that cannot be read is never taken for an empty one. */
export function requireEmpty(all: readonly ReplicaStates[]): void {
  for (const each of all) if ('error' in each) throw unreachable(each.replica.name, each.error);
  for (const each of all) {
    if ('states' in each && each.states.newestSeen !== undefined) throw gapError(each.states, each.states.newestSeen);
  }
}

export function unreachable(name: string, error: Error): RestoreError {
  return new RestoreError('unreachable', `Cannot read replica ${name}: ${error.message}`, { cause: error });
}
