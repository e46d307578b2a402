import type { DatabaseConfig } from '../../config/normal-config.ts';
import type { DatabaseCounters } from '../../engine/database-counters.ts';
import { DatabaseReplicator } from '../../engine/replicator/database-replicator.ts';
import type { NamedClient } from '../../engine/replicator/replica-heads.ts';
import type { DatabaseLeases } from '../lease/database-leases.ts';
import type { DatabaseWatch } from '../watch/directory-watch.ts';
import { engineSettings } from './engine-settings.ts';
import type { ShardSettings } from './shard-protocol.ts';
import type { ShardServices } from './shard-services.ts';

export interface HostedParts {
  readonly config: DatabaseConfig;
  readonly counters: DatabaseCounters;
  readonly replicas: readonly NamedClient[];
  readonly leases: DatabaseLeases;
  /** Undefined: file events do not work there. */
  readonly watch: DatabaseWatch | undefined;
  /** Runs before each attachment; resolves with whether the database was restored. */
  prepare(signal: AbortSignal): Promise<boolean>;
}

/** The engine of a database of a shard. */
export function hostedReplicator(
  { config, counters, replicas, leases, watch, prepare }: HostedParts,
  settings: ShardSettings,
  services: ShardServices,
): DatabaseReplicator {
  return new DatabaseReplicator(
    {
      settings: engineSettings(config, settings),
      replicas: replicas.map((replica) => ({ ...replica, lease: leases.of(replica.name) })),
      prepare,
      watched: watch !== undefined,
      shutdown: settings.shutdown,
      careMode: settings.careMode,
      counters,
      onBusy: (busy) => {
        if (busy) watch?.pause();
        else watch?.resume();
      },
    },
    services,
  );
}
