import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../support/random.ts';
import { checkReplica } from '../check-replica.ts';
import { type Program, startedBy } from '../program.ts';
import type { Promised } from '../promise.ts';
import { directoryPlace } from '../replica-store.ts';
import { hasFiles, Sidecar } from '../sidecar.ts';
import { WaitingWriter } from '../waiting-writer.ts';
import { type Bench, type Measures, roundOf, type Workload } from '../workload.ts';

const databaseMegabytes = 0.2;
const transactionsPerSecond = 200;
const descriptorLimit = 20_000;
const checkedDatabases = 2;
const bytesPerMegabyte = 1e6;
const percent = 100;
const choices = new Random(1);

const about = (count: string) =>
  `a directory of ${count} databases of 200 KB: the first file of each, then nothing to do, then ` +
  `${transactionsPerSecond} one-row transactions a second, each in a database chosen at random`;

/** What most people would call a large fleet. */
export const fleet500Workload = fleet(500, {
  name: 'fleet-500',
  about: about('500'),
  promises: [
    { measure: 'firstFilesSeconds', below: 3 },
    { measure: 'residentMegabytes', below: 220 },
    { measure: 'idlePercent', below: 1 },
    { measure: 'busyPercent', below: 20 },
  ],
});

export const fleet1000Workload = fleet(1_000, {
  name: 'fleet-1000',
  about: about('1,000'),
  promises: [
    { measure: 'firstFilesSeconds', below: 5 },
    { measure: 'residentMegabytes', below: 300 },
    { measure: 'idlePercent', below: 1 },
    { measure: 'busyPercent', below: 25 },
  ],
});

/** More databases than descriptors allow to keep open. */
export const fleet5000Workload: Workload = {
  ...fleet(5_000, {
    name: 'fleet-5000',
    about: `${about('5,000')}; no process may have more than ${descriptorLimit} descriptors`,
    promises: [
      { measure: 'mostDescriptors', atMost: descriptorLimit },
      { measure: 'residentMegabytes', below: 1_200 },
      { measure: 'idlePercent', below: 2 },
    ],
  }),
  othersOnlyWhenNamed: true,
};

function fleet(fullCount: number, options: { name: string; about: string; promises: readonly Promised[] }): Workload {
  return {
    ...options,
    round: (bench, programs) => roundOf(programs, (program) => run(bench, program, fullCount)),
  };
}

async function run(bench: Bench, program: Program, fullCount: number): Promise<Measures> {
  const { workspace, size } = bench;
  const folder = await workspace.folder();
  try {
    const sourceFolder = join(folder, 'sources');
    await mkdir(sourceFolder);
    const count = Math.ceil(fullCount * size.fleetShare);
    const databasePaths = await workspace.databases(count, databaseMegabytes, sourceFolder);
    const place = directoryPlace(join(folder, 'replica'));
    const configPath = join(folder, 'fleet.yml');
    const config = { dbs: [{ dir: sourceFolder, pattern: '*.db', replica: { url: place.url } }] };
    await writeFile(configPath, JSON.stringify(config)); // which is YAML too
    const replicas = databasePaths.map((path) => directoryPlace(join(place.path, basename(path))));
    const measures = await beside(bench, program, {
      sourceFolder,
      configPath,
      paths: replicas.map(({ path }) => path),
    });
    for (const at of choices.shuffled([...replicas.keys()]).slice(0, checkedDatabases)) {
      const checkFolder = await workspace.folder();
      await checkReplica(program, databasePaths[at]!, replicas[at]!, checkFolder);
      await workspace.remove(checkFolder);
    }
    return measures;
  } finally {
    await workspace.remove(folder);
  }
}

interface Fleet {
  readonly sourceFolder: string;
  readonly configPath: string;
  /** Of the replicas. */
  readonly paths: readonly string[];
}

async function beside(
  { size }: Bench,
  program: Program,
  { sourceFolder, configPath, paths }: Fleet,
): Promise<Measures> {
  const startMs = performance.now();
  const sidecar = await Sidecar.start(limited(program), ['replicate', '-config', configPath], {
    isReady: allHaveFiles(paths),
    restMs: 0,
  });
  try {
    const firstFilesSeconds = (performance.now() - startMs) / 1000;
    const firstFilesCpuSeconds = sidecar.tree.cpuSeconds();
    await sleep(size.settleMs);
    const residentMegabytes = sidecar.tree.residentBytes() / bytesPerMegabyte;
    const idlePercent = await corePercent(sidecar, () => sleep(size.idleMs));
    const { busyPercent, ...commits } = await load(sidecar, sourceFolder, size.loadSeconds);
    await sleep(size.restMs);
    const mostDescriptors = sidecar.tree.mostDescriptors();
    const busyResidentMegabytes = sidecar.tree.residentBytes() / bytesPerMegabyte;
    await sidecar.stop();
    return {
      ...{ firstFilesSeconds, firstFilesCpuSeconds, residentMegabytes, idlePercent, busyPercent },
      ...{ ...commits, mostDescriptors, busyResidentMegabytes },
    };
  } finally {
    sidecar.kill();
  }
}

async function load(sidecar: Sidecar, folder: string, seconds: number) {
  const writer = await WaitingWriter.open('fleet_writer', [folder, String(seconds), String(transactionsPerSecond)]);
  try {
    let printed = '';
    const busyPercent = await corePercent(sidecar, async () => {
      printed = await writer.write();
    });
    const { perSecond, longestMs } = JSON.parse(printed) as { readonly perSecond: number; readonly longestMs: number };
    return { busyPercent, transactionsPerSecond: perSecond, longestCommitMs: longestMs };
  } finally {
    await writer.end();
  }
}

/** The part of one core that a program took while something went on. */
async function corePercent(sidecar: Sidecar, meanwhile: () => Promise<void>): Promise<number> {
  const [startMs, startSeconds] = [performance.now(), sidecar.tree.cpuSeconds()];
  await meanwhile();
  const seconds = (performance.now() - startMs) / 1000;
  return ((sidecar.tree.cpuSeconds() - startSeconds) / seconds) * percent;
}

/** Asks each replica until it has a file and never again: looking must not take the processor from who is measured. */
function allHaveFiles(paths: readonly string[]): () => boolean {
  let complete = 0;
  return () => {
    while (complete < paths.length && hasFiles(paths[complete]!)) complete++;
    return complete === paths.length;
  };
}

function limited(program: Program): Program {
  return startedBy(['sh', '-c', `ulimit -n ${descriptorLimit} && exec "$@"`, 'sh'], program);
}
