import type { Clock } from '../../runtime/clock.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import { WorkSlots } from '../../runtime/work-slots.ts';
import { MemoryBudget } from '../compaction/memory-budget.ts';
import type { LongWork } from '../long-work.ts';
import type { PageRuns } from '../page-runs.ts';

/** What the maintenance of all databases of a process shares. */
export interface MaintainLimits {
  readonly slots: WorkSlots;
  readonly budget: MemoryBudget;
}

export interface MaintainServices {
  readonly limits: MaintainLimits;
  /** Of the database. */
  readonly work: LongWork;
  readonly runs: PageRuns;
  readonly durableFiles: DurableFiles;
  readonly clock: Clock;
  readonly logger: Logger;
}

const databasesAtOnce = 2;
const budgetBytes = 32 << 20;

export function maintainLimits(): MaintainLimits {
  return { slots: new WorkSlots(databasesAtOnce), budget: new MemoryBudget(budgetBytes) };
}
