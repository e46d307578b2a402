import { join } from 'node:path';
import { measuredRun } from './measured-run.ts';
import type { Program } from './program.ts';
import { runPython } from './python-program.ts';
import type { ReplicaPlace } from './replica-store.ts';

/** Numbers about a program that loses data are worth nothing. Throws BenchError when two databases differ. */
export async function compareDatabases(sourcePath: string, restoredPath: string): Promise<void> {
  await runPython('compare', [sourcePath, restoredPath]);
}

/** Restores what a program has replicated and compares it with its source. Nothing of this is measured. */
export async function checkReplica(
  program: Program,
  sourcePath: string,
  { url, environment }: ReplicaPlace,
  folder: string,
): Promise<void> {
  const restoredPath = join(folder, 'restored.db');
  await measuredRun(program, ['restore', '-o', restoredPath, url], { folder, environment });
  await compareDatabases(sourcePath, restoredPath);
}
