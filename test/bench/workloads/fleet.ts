import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Random } from '../../support/random.ts';
import { checkReplica } from '../check-replica.ts';
import { descriptorLimit, fleetMeasures, transactionsPerSecond } from '../fleet-measures.ts';
import { ownProgram, type Program } from '../program.ts';
import { directoryPlace } from '../replica-store.ts';
import { type Bench, type Measures, roundOf, type Workload } from '../workload.ts';

const checkedDatabases = 2;
const choices = new Random(1);

const about = (count: string) =>
  `a directory of ${count} databases of 200 KB: the first file of each, then nothing to do, then ` +
  `${transactionsPerSecond} one-row transactions a second, each in a database chosen at random`;

/** What most people would call a large fleet. */
export const fleet500Workload = fleetWorkload({
  name: 'fleet-500',
  about: about('500'),
  databaseCount: 500,
  promises: [
    { measure: 'firstFilesSeconds', below: 3 },
    { measure: 'residentMegabytes', below: 220 },
    { measure: 'idlePercent', below: 1 },
    { measure: 'busyPercent', below: 20 },
  ],
});

export const fleet1000Workload = fleetWorkload({
  name: 'fleet-1000',
  about: about('1,000'),
  databaseCount: 1_000,
  promises: [
    { measure: 'firstFilesSeconds', below: 5 },
    { measure: 'residentMegabytes', below: 300 },
    { measure: 'idlePercent', below: 1 },
    { measure: 'busyPercent', below: 25 },
  ],
});

/** More databases than descriptors allow to keep open. */
export const fleet5000Workload = fleetWorkload({
  name: 'fleet-5000',
  about: `${about('5,000')}; no process may have more than ${descriptorLimit} descriptors`,
  databaseCount: 5_000,
  othersOnlyWhenNamed: true,
  promises: [
    { measure: 'mostDescriptors', atMost: descriptorLimit },
    { measure: 'residentMegabytes', below: 1_200 },
    { measure: 'idlePercent', below: 2 },
  ],
});

/** Databases that hardly anybody uses, and that are let go of. */
export const parked20000Workload = fleetWorkload({
  name: 'parked-20000',
  about: 'the same with 20,000 smaller databases, each let go of after 5 s without a change (park-after)',
  databaseCount: 20_000,
  databaseMegabytes: 0.02,
  settings: { 'park-after': '5s' },
  othersOnlyWhenNamed: true,
  promises: [
    { measure: 'residentMegabytes', below: 400 },
    { measure: 'idlePercent', below: 1 },
  ],
});

interface FleetWorkload extends Omit<Workload, 'round'> {
  readonly databaseCount: number;
  readonly databaseMegabytes?: number | undefined;
  /** What stands in the configuration of this project besides the directory. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
}

function fleetWorkload(fleet: FleetWorkload): Workload {
  return { ...fleet, round: (bench, programs) => roundOf(programs, (program) => replicated(bench, program, fleet)) };
}

async function replicated(
  bench: Bench,
  program: Program,
  { databaseCount, databaseMegabytes = 0.2, settings }: FleetWorkload,
): Promise<Measures> {
  const { workspace, size } = bench;
  const folder = await workspace.folder(); // stays there: see `remove`
  const sourceFolder = join(folder, 'sources');
  await mkdir(sourceFolder);
  const count = Math.ceil(databaseCount * size.fleetShare);
  const databasePaths = await workspace.databases(count, databaseMegabytes, sourceFolder);
  const { url, path: replicaFolder } = directoryPlace(join(folder, 'replica'));
  const configPath = join(folder, 'fleet.yml');
  const dbs = [{ dir: sourceFolder, pattern: '*.db', replica: { url } }];
  const config = program === ownProgram ? { ...settings, dbs } : { dbs };
  await writeFile(configPath, JSON.stringify(config)); // which is YAML too
  const replicaPaths = databasePaths.map((path) => join(replicaFolder, basename(path)));
  const measures = await fleetMeasures(bench, program, { sourceFolder, configPath, replicaPaths });
  for (const at of choices.shuffled([...replicaPaths.keys()]).slice(0, checkedDatabases)) {
    const checkFolder = await workspace.folder();
    await checkReplica(program, databasePaths[at]!, directoryPlace(replicaPaths[at]!), checkFolder);
    await workspace.remove(checkFolder);
  }
  return measures;
}
