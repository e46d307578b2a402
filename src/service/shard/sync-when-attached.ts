import { EngineError } from '../../engine/engine-error.ts';
import type { DatabaseReplicator } from '../../engine/replicator/database-replicator.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { identifyFile } from '../../sqlite/file-identity.ts';
import { ServiceError } from '../service-error.ts';

const lookEveryMs = 20;
/** How long a database that cannot be attached is given: a lock of an application passes. */
const patienceMs = 5_000;

/**
 * Syncs a database that is attached, or being attached, however long that takes; starts again when the position was lost
 * meanwhile. Rejects when it cannot be attached.
 */
export async function syncWhenAttached(
  path: string,
  current: () => DatabaseReplicator | undefined,
  clock: Clock,
  { signal }: CallOptions,
): Promise<Txid> {
  let waitingSinceMs: number | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const replicator = current();
    const status = replicator?.status();
    if (replicator !== undefined && status?.state === 'replicating') {
      const txid = await tried(replicator, signal);
      if (txid !== undefined) return txid;
    }
    if (status?.state === 'failed' || status?.state === 'stopped')
      throw notSyncable(path, status.error ?? 'it is stopped');
    if (status?.state === 'waiting') {
      if ((identifyFile(path)?.sizeBytes ?? 0) === 0) throw notSyncable(path, 'there is no database yet');
      waitingSinceMs ??= clock.monotonic();
      if (clock.monotonic() - waitingSinceMs > patienceMs)
        throw notSyncable(path, status.error ?? 'it cannot be attached');
    } else waitingSinceMs = undefined;
    await clock.sleep(lookEveryMs, signal);
  }
}

/** Undefined when the attachment ended meanwhile. */
async function tried(replicator: DatabaseReplicator, signal: AbortSignal | undefined): Promise<Txid | undefined> {
  try {
    return await replicator.sync({ signal });
  } catch (error) {
    if (!(error instanceof EngineError) || !passing.has(error.code)) throw error;
    // `unavailable` has two reasons: no attachment any more, or an attachment without a replica that works.
    if (error.code === 'unavailable' && replicator.status().state === 'replicating') throw error;
    return undefined;
  }
}

const passing: ReadonlySet<string> = new Set(['unavailable', 'position-lost', 'frame-unreadable']);

function notSyncable(path: string, state: string): ServiceError {
  return new ServiceError('unavailable', `Cannot sync ${path}: ${state}`);
}
