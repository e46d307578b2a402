import type { Workload } from './workload.ts';
import { appCheckpointsWorkload } from './workloads/app-checkpoints.ts';
import { closedLoopAppendWorkload, closedLoopWorkload } from './workloads/closed-loop.ts';
import { commitToFileWorkload } from './workloads/commit-to-file.ts';
import { handOverWorkload } from './workloads/hand-over.ts';
import { RestoreWorkload } from './workloads/restore.ts';
import { snapshotWorkload } from './workloads/snapshot.ts';

/** Every workload, in the order they run. */
export function allWorkloads(): readonly Workload[] {
  return [
    snapshotWorkload,
    new RestoreWorkload(),
    closedLoopWorkload,
    closedLoopAppendWorkload,
    appCheckpointsWorkload,
    commitToFileWorkload,
    handOverWorkload,
  ];
}
