import { join } from 'node:path';
import { compareDatabases } from './check-replica.ts';
import { type MeasuredRun, measuredRun } from './measured-run.ts';
import { ownProgram, type Program } from './program.ts';
import type { ReplicaPlace } from './replica-store.ts';
import type { Measures } from './workload.ts';
import type { Workspace } from './workspace.ts';

/** Restores a replica into a folder that is gone afterwards, and compares what came out with its source. */
export async function restoredDatabase(
  workspace: Workspace,
  program: Program,
  { url, environment }: ReplicaPlace,
  sourcePath: string,
): Promise<MeasuredRun> {
  const folder = await workspace.folder();
  try {
    const restoredPath = join(folder, 'restored.db');
    const report = program === ownProgram ? ['-json'] : [];
    const run = await measuredRun(program, ['restore', ...report, '-o', restoredPath, url], { folder, environment });
    await compareDatabases(sourcePath, restoredPath);
    return run;
  } finally {
    await workspace.remove(folder);
  }
}

/** Whether a restore of this project ended by comparing a checksum of the whole database: as it says itself. */
export function verifiedByChecksum(program: Program, { stdout }: MeasuredRun): Measures {
  if (program !== ownProgram) return {};
  const { verified_by: verification } = JSON.parse(stdout) as { readonly verified_by?: string };
  return { verifiedByChecksum: verification === 'database-checksum' ? 1 : 0 };
}
