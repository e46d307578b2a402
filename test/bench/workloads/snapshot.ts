import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkReplica } from '../check-replica.ts';
import { measuredRun } from '../measured-run.ts';
import type { Program } from '../program.ts';
import { replicaUrl } from '../sidecar.ts';
import type { Bench, Measures, Workload } from '../workload.ts';

/** The first copy of a large database into a directory. */
export const snapshotWorkload: Workload = {
  name: 'snapshot-1gb',
  about:
    'replicate -once of a 1 GB database into an empty directory; replicaRatio is the size of its files to the database',
  promises: [
    { measure: 'wallSeconds', below: 12 },
    { measure: 'peakMegabytes', below: 200 },
  ],
  async round(bench, programs) {
    const round = new Map<string, Measures>();
    for (const program of programs) round.set(program.name, await snapshot(bench, program));
    return round;
  },
};

async function snapshot({ workspace, size }: Bench, program: Program): Promise<Measures> {
  const folder = await workspace.folder();
  try {
    const databasePath = await workspace.database(size.bulkMegabytes, folder);
    const replicaPath = join(folder, 'replica');
    const databaseBytes = statSync(databasePath).size;
    const cost = await measuredRun(program, ['replicate', '-once', databasePath, replicaUrl(replicaPath)], folder);
    const measures = { ...cost, replicaRatio: bytesBelow(replicaPath) / databaseBytes };
    await checkReplica(program, databasePath, folder);
    return measures;
  } finally {
    await workspace.remove(folder);
  }
}

function bytesBelow(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
