import type { DatabaseConfig } from '../../config/normal-config.ts';
import { EngineError } from '../../engine/engine-error.ts';
import { takeOverMs } from '../../engine/lease/lease-policy.ts';
import type { DatabaseReplicator } from '../../engine/replicator/database-replicator.ts';
import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';
import type { SyncOptions } from '../../engine/replicator/sync-options.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { Clock } from '../../runtime/clock.ts';
import { identifyFile } from '../../sqlite/file-identity.ts';
import { ServiceError } from '../service-error.ts';

const lookEveryMs = 20;
/** How long a database that cannot be attached is given: a lock of an application passes. */
const patienceMs = 5_000;

/**
 * Syncs a database that is attached, or being attached, however long that takes; starts again when the position was lost
 * meanwhile. Waits for a lease until a holder that is gone must have lost it. Rejects when it cannot be attached.
 */
export async function syncWhenAttached(host: SyncedDatabase, clock: Clock, options: SyncOptions): Promise<Txid> {
  const { signal } = options;
  const { path } = host.config;
  const leaseMs = takeOverMs(host.config.lease.ttlMs);
  let before: DatabaseStatus['state'] | undefined;
  let sinceMs = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { replicator } = host;
    const { state, error } = host.status();
    if (replicator !== undefined && state === 'replicating') {
      const txid = await tried(replicator, options);
      if (txid !== undefined) return txid;
    }
    if (state === 'failed' || state === 'stopped') throw notSyncable(path, error ?? 'it is stopped');
    if (state !== before) sinceMs = clock.monotonic();
    before = state;
    const waitedMs = clock.monotonic() - sinceMs;
    if (state === 'waiting') {
      if ((identifyFile(path)?.sizeBytes ?? 0) === 0) throw notSyncable(path, error ?? 'there is no database yet');
      if (waitedMs > patienceMs) throw notSyncable(path, error ?? 'it cannot be attached');
    }
    if (state === 'standby' && waitedMs > leaseMs) throw notSyncable(path, await host.standbyReason());
    await clock.sleep(lookEveryMs, signal);
  }
}

/** What a sync asks of a database. */
export interface SyncedDatabase {
  readonly config: DatabaseConfig;
  readonly replicator: DatabaseReplicator | undefined;
  status(): DatabaseStatus;
  /** Who holds the lease, or what else is in the way. */
  standbyReason(): Promise<string>;
}

/** Undefined when the attachment ended meanwhile. */
async function tried(replicator: DatabaseReplicator, options: SyncOptions): Promise<Txid | undefined> {
  try {
    return await replicator.sync(options);
  } catch (error) {
    if (!(error instanceof EngineError) || !passing.has(error.code)) throw error;
    // `unavailable` has two reasons: no attachment any more, or an attachment without a replica that works.
    if (error.code === 'unavailable' && replicator.status().state === 'replicating') throw error;
    return undefined;
  }
}

/** Ways for an attachment to end that another one follows. */
const passing: ReadonlySet<string> = new Set([
  'unavailable',
  'position-lost',
  'frame-unreadable',
  'lease-lost',
  'superseded',
  'late-write',
]);

function notSyncable(path: string, state: string): ServiceError {
  return new ServiceError('unavailable', `Cannot sync ${path}: ${state}`);
}
