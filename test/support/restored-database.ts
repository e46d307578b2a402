import { restore } from '../../src/engine/restore/restore.ts';
import type { RestoreReport, RestoreTarget } from '../../src/engine/restore/restore-options.ts';
import { loadKernels } from '../../src/kernel/load-kernels.ts';
import { openReplica } from '../../src/replica/open-replica.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';

const services = {
  kernels: loadKernels(),
  durableFiles: new DurableFiles(),
  clock: systemClock,
  logger: silentLogger,
};

/** Restores a state of a directory replica with the engine, replacing what stands under `outputPath`. */
export async function restoreDatabase(
  replicaDirectory: string,
  outputPath: string,
  target: RestoreTarget = { kind: 'newest' },
): Promise<RestoreReport> {
  const client = openReplica(replicaDirectory, services);
  const replicas = [{ name: 'replica', client }];
  const result = await restore({ replicas, target, outputPath, whenOutputExists: 'replace' }, services);
  await client.close();
  if (result.outcome !== 'restored') throw new Error(`Cannot restore from ${replicaDirectory}: ${result.outcome}`);
  return result;
}
