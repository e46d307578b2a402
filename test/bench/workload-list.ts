import type { Workload } from './workload.ts';
import { appCheckpointsWorkload } from './workloads/app-checkpoints.ts';
import { closedLoopAppendWorkload, closedLoopWorkload } from './workloads/closed-loop.ts';
import { commitToFileWorkload } from './workloads/commit-to-file.ts';
import { coresWorkload } from './workloads/cores.ts';
import { fleet500Workload, fleet1000Workload, fleet5000Workload, parked20000Workload } from './workloads/fleet.ts';
import { handOverWorkload } from './workloads/hand-over.ts';
import { IncrementalCostWorkload } from './workloads/incremental-cost.ts';
import { RestoreWorkload } from './workloads/restore.ts';
import { RestoreManyFilesWorkload } from './workloads/restore-many-files.ts';
import { snapshotS3Workload, snapshotWorkload } from './workloads/snapshot.ts';
import { startUpWorkload } from './workloads/start-up.ts';

/** Every workload, in the order they run. */
export function allWorkloads(): readonly Workload[] {
  return [
    snapshotWorkload,
    RestoreWorkload.fromDirectory(),
    snapshotS3Workload,
    RestoreWorkload.fromS3(),
    closedLoopWorkload,
    closedLoopAppendWorkload,
    appCheckpointsWorkload,
    commitToFileWorkload,
    handOverWorkload,
    new RestoreManyFilesWorkload(),
    startUpWorkload,
    fleet500Workload,
    fleet1000Workload,
    fleet5000Workload,
    parked20000Workload,
    new IncrementalCostWorkload(),
    coresWorkload,
  ];
}
