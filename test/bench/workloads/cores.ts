import { join } from 'node:path';
import { allowedCpus } from '../allowed-cpus.ts';
import { measuredRun } from '../measured-run.ts';
import { type Program, startedBy } from '../program.ts';
import { directoryPlace } from '../replica-store.ts';
import { restoredDatabase } from '../restored-database.ts';
import { WaitingWriter } from '../waiting-writer.ts';
import { type Bench, type Measures, roundOf, type Workload } from '../workload.ts';

/** How many rows are committed between the first file and the snapshot that is merged from it. */
const rowCount = 100;
const rowsPerSecond = 1_000;

/** How much of a second core bulk work can use. */
export const coresWorkload: Workload = {
  name: 'cores',
  about:
    'first file of a 1 GB database, merging it with a few rows into a snapshot (replicate -once -force-snapshot), restore of that: ' +
    'on one core and on two (taskset); the speed-ups compare wall times',
  promises: [],
  round: (bench, programs) =>
    roundOf(programs, async (program) => {
      const one = await bulkWork(bench, pinned(program, 1));
      const two = await bulkWork(bench, pinned(program, 2));
      return Object.fromEntries(
        Object.keys(one).flatMap((work) => [
          [`${work}SpeedUp`, one[work]! / two[work]!],
          [`${work}OneCoreSeconds`, one[work]!],
          [`${work}TwoCoresSeconds`, two[work]!],
        ]),
      );
    }),
};

function pinned(program: Program, coreCount: number): Program {
  return startedBy(['taskset', '-c', allowedCpus().slice(0, coreCount).join(',')], program);
}

async function bulkWork({ workspace, size }: Bench, program: Program): Promise<Measures> {
  const folder = await workspace.folder();
  try {
    const databasePath = await workspace.database(size.bulkMegabytes, folder);
    const place = directoryPlace(join(folder, 'replica'));
    // It stays, so that the second start finds the WAL of the first one and nothing has to be scanned.
    const writer = await WaitingWriter.open('append_rows', [databasePath, String(rowCount), String(rowsPerSecond)]);
    try {
      const snapshot = await measuredRun(program, ['replicate', '-once', databasePath, place.url], { folder });
      await writer.write();
      const args = ['replicate', '-once', '-force-snapshot', databasePath, place.url];
      const merge = await measuredRun(program, args, { folder });
      await writer.end();
      const restore = await restoredDatabase(workspace, program, place, databasePath);
      return {
        snapshot: snapshot.cost.wallSeconds,
        merge: merge.cost.wallSeconds,
        restore: restore.cost.wallSeconds,
      };
    } finally {
      await writer.end();
    }
  } finally {
    await workspace.remove(folder);
  }
}
