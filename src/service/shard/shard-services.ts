import type { DatabaseConfig } from '../../config/normal-config.ts';
import type { DatabaseCounters } from '../../engine/database-counters.ts';
import { type MaintainLimits, maintainLimits } from '../../engine/maintain/maintain-services.ts';
import { PageRuns } from '../../engine/page-runs.ts';
import { RunningLitestreams } from '../../engine/running-litestreams.ts';
import type { Kernels } from '../../kernel/kernels.ts';
import { S3ClientPool } from '../../replica/s3/s3-client-pool.ts';
import { StoreTraffic } from '../../replica/store-traffic.ts';
import type { Clock } from '../../runtime/clock.ts';
import { collectGarbage } from '../../runtime/collect-garbage.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import { Mutex } from '../../runtime/mutex.ts';
import { WorkSlots } from '../../runtime/work-slots.ts';
import { AttachedFiles } from '../../sqlite/attached-files.ts';
import { descriptorsOfDatabase, otherDescriptors, readDescriptorLimit } from '../../sqlite/descriptor-limit.ts';
import { LockFiles } from '../../sqlite/lock-file.ts';
import { DirectoryLocks } from '../lease/directory-locks.ts';
import type { LeaseDesk } from '../lease/lease-desk.ts';
import { LeaseStores } from '../lease/lease-stores.ts';
import { DirectoryWatch } from '../watch/directory-watch.ts';
import type { RefusedWatches } from '../watch/refused-watches.ts';
import { type Attachable, type AttachmentLimit, Attachments } from './attachments.ts';
import { DueTimes } from './due-times.ts';
import { Leftovers } from './leftovers.ts';
import type { ShardSettings } from './shard-protocol.ts';

/** After how long a database that takes its time to start, or to be attached, does not count any more; the same for a stop, which may wait for replicas. */
const startingMs = 1_000;
const stoppingMs = 50;

/** What a composition root gives to a shard. */
export interface ProcessServices {
  readonly kernels: Kernels;
  readonly durableFiles: DurableFiles;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where more in the process watches directories than the shard. */
  readonly refusals?: RefusedWatches | undefined;
}

/** A database, and what is under way for it. */
export interface AtWork {
  readonly config: Pick<DatabaseConfig, 'path'>;
  readonly counters: Pick<DatabaseCounters, 'work'>;
}

/** What the databases of a shard share. */
export interface ShardServices extends ProcessServices {
  readonly attached: AttachedFiles;
  readonly runs: PageRuns;
  readonly limits: MaintainLimits;
  readonly starting: WorkSlots;
  readonly attaching: WorkSlots;
  readonly stopping: WorkSlots;
  readonly attachments: Attachments;
  /** When the replicas of parked databases have to be compacted. */
  readonly dueTimes: DueTimes<Attachable>;
  readonly leftovers: Leftovers;
  readonly watch: DirectoryWatch;
  /** The requests of all its replicas to stores. */
  readonly traffic: StoreTraffic;
  readonly s3Clients: S3ClientPool;
  /** Databases are restored one after the other: one restore alone reads several files at a time. */
  readonly restoring: Mutex;
  readonly leases: LeaseDesk;
  readonly leaseStores: LeaseStores;
  readonly directoryLocks: DirectoryLocks;
  readonly litestreams: RunningLitestreams;
  readonly lockFiles: LockFiles;
  /** Databases of which something is under way that may take long: nobody looks at thousands of others to find them. */
  readonly atWork: Set<AtWork>;
}

export function shardServices(
  { storeCallsPerSecond, databasesAtOnce, parkAfterMs }: ShardSettings,
  services: ProcessServices,
  leases: LeaseDesk,
): ShardServices {
  const traffic = new StoreTraffic({ callsPerSecond: storeCallsPerSecond }, services);
  const s3Clients = new S3ClientPool(traffic);
  const attachments = new Attachments({ ...attachmentLimit(), parkAfterMs, databasesAtOnce }, services);
  return {
    ...services,
    leases,
    leaseStores: new LeaseStores({ ...services, s3Clients }),
    directoryLocks: new DirectoryLocks(),
    litestreams: new RunningLitestreams(services),
    lockFiles: new LockFiles(),
    atWork: new Set(),
    attached: new AttachedFiles(),
    runs: new PageRuns(services.kernels),
    limits: maintainLimits(),
    starting: new WorkSlots(databasesAtOnce, { ms: startingMs, clock: services.clock }),
    attaching: new WorkSlots(databasesAtOnce, { ms: startingMs, clock: services.clock }),
    stopping: new WorkSlots(databasesAtOnce, { ms: stoppingMs, clock: services.clock }),
    attachments,
    leftovers: new Leftovers(collectGarbage, services),
    dueTimes: new DueTimes((database) => attachments.ask(database, 'care'), services),
    watch: new DirectoryWatch(services),
    traffic,
    s3Clients,
    restoring: new Mutex(),
  };
}

function attachmentLimit(): AttachmentLimit {
  const descriptorLimit = readDescriptorLimit() ?? Number.POSITIVE_INFINITY;
  const count = Math.max(1, Math.floor((descriptorLimit - otherDescriptors) / descriptorsOfDatabase));
  return { count, descriptorLimit, descriptorsEach: descriptorsOfDatabase };
}
