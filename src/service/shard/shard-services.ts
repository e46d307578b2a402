import { PageRuns } from '../../engine/page-runs.ts';
import type { Kernels } from '../../kernel/kernels.ts';
import { S3ClientPool } from '../../replica/s3/s3-client-pool.ts';
import { StoreTraffic } from '../../replica/store-traffic.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import { Mutex } from '../../runtime/mutex.ts';
import { AttachedFiles } from '../../sqlite/attached-files.ts';
import { DirectoryWatch } from '../watch/directory-watch.ts';
import type { ShardSettings } from './shard-protocol.ts';

/** What a composition root gives to a shard. */
export interface ProcessServices {
  readonly kernels: Kernels;
  readonly durableFiles: DurableFiles;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What the databases of a shard share. */
export interface ShardServices extends ProcessServices {
  readonly attached: AttachedFiles;
  readonly runs: PageRuns;
  readonly watch: DirectoryWatch;
  /** The requests of all its replicas to stores. */
  readonly traffic: StoreTraffic;
  readonly s3Clients: S3ClientPool;
  /** Databases are restored one after the other: one restore alone reads several files at a time. */
  readonly restoring: Mutex;
}

export function shardServices({ storeCallsPerSecond }: ShardSettings, services: ProcessServices): ShardServices {
  const traffic = new StoreTraffic({ callsPerSecond: storeCallsPerSecond }, services);
  return {
    ...services,
    attached: new AttachedFiles(),
    runs: new PageRuns(services.kernels),
    watch: new DirectoryWatch(services),
    traffic,
    s3Clients: new S3ClientPool(traffic),
    restoring: new Mutex(),
  };
}
