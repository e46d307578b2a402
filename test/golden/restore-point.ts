import { restore } from '../../src/engine/restore/restore.ts';
import type { RestoreOptions, RestoreReport, RestoreTarget } from '../../src/engine/restore/restore-options.ts';
import { loadKernels } from '../../src/kernel/load-kernels.ts';
import type { ReplicaClient } from '../../src/replica/replica-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';

/** The recordings lie in the future of some clocks and in the past of others. */
const afterRecordingMs = Date.UTC(2027, 0, 1);

const services = {
  kernels: loadKernels(),
  durableFiles: new DurableFiles(),
  clock: { ...systemClock, now: () => afterRecordingMs },
  logger: silentLogger,
};

/** Restores one state into a file. */
export async function restorePoint(
  client: ReplicaClient,
  target: RestoreTarget,
  outputPath: string,
  options: Partial<RestoreOptions> = {},
): Promise<RestoreReport> {
  const result = await restore({ replicas: [{ name: 'golden', client }], target, outputPath, ...options }, services);
  if (result.outcome !== 'restored') throw new Error(`Cannot compare ${outputPath}: outcome ${result.outcome}`);
  return result;
}
