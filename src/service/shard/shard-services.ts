import { type MaintainLimits, maintainLimits } from '../../engine/maintain/maintain-services.ts';
import { PageRuns } from '../../engine/page-runs.ts';
import type { Kernels } from '../../kernel/kernels.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import { Mutex } from '../../runtime/mutex.ts';
import { AttachedFiles } from '../../sqlite/attached-files.ts';
import { DirectoryWatch } from '../watch/directory-watch.ts';

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
  readonly limits: MaintainLimits;
  readonly watch: DirectoryWatch;
  /** Databases are restored one after the other: one restore alone reads several files at a time. */
  readonly restoring: Mutex;
}

export function shardServices(services: ProcessServices): ShardServices {
  return {
    ...services,
    attached: new AttachedFiles(),
    runs: new PageRuns(services.kernels),
    limits: maintainLimits(),
    watch: new DirectoryWatch(services),
    restoring: new Mutex(),
  };
}
