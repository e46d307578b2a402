import { type Clock, systemClock } from '../runtime/clock.ts';
import type { DurableFiles } from '../runtime/durable-files.ts';
import type { Logger } from '../runtime/logger.ts';
import { CountedClient } from './counted-client.ts';
import { FileReplicaClient } from './file/file-replica-client.ts';
import type { ReplicaClient } from './replica-client.ts';
import type { ReplicaLocation } from './replica-location.ts';
import { parseReplicaUrl } from './replica-url.ts';
import { S3ClientPool } from './s3/s3-client-pool.ts';
import { S3ReplicaClient } from './s3/s3-replica-client.ts';
import { StoreTraffic } from './store-traffic.ts';

export interface ReplicaServices {
  readonly durableFiles: DurableFiles;
  readonly logger: Logger;
  /** Default: that of the machine. */
  readonly clock?: Clock | undefined;
  /** What the replicas of a process share on their way to stores. Default: its own, without a ceiling. */
  readonly s3Clients?: S3ClientPool | undefined;
  /** Where calls to directories are counted. Default: nowhere. */
  readonly traffic?: StoreTraffic | undefined;
}

/** Makes the client of a replica, without touching the replica itself. The caller closes it. */
export function openReplica(replica: string | ReplicaLocation, services: ReplicaServices): ReplicaClient {
  const location = typeof replica === 'string' ? parseReplicaUrl(replica) : replica;
  if (location.type === 'file') {
    const client = new FileReplicaClient({ path: location.path }, services);
    return services.traffic === undefined ? client : new CountedClient(client, services.traffic);
  }
  return new S3ReplicaClient(location, { ...s3Services(services), logger: services.logger });
}

/** What clients and lease stores in S3 need, with the defaults of `ReplicaServices` filled in. */
export function s3Services({ clock = systemClock, s3Clients }: ReplicaServices) {
  return { clock, pool: s3Clients ?? new S3ClientPool(new StoreTraffic({ callsPerSecond: 0 }, { clock })) };
}
