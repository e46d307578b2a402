import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, startedBy } from './program.ts';
import { hasFiles, Sidecar } from './sidecar.ts';
import { WaitingWriter } from './waiting-writer.ts';
import type { Bench, Measures } from './workload.ts';

/** What one process may have open beside a fleet, whichever. */
export const descriptorLimit = 20_000;
/** How often a row is committed to some database of a fleet. */
export const transactionsPerSecond = 200;
const bytesPerMegabyte = 1e6;
const msPerSecond = 1000;
const percent = 100;
const levelTwoMs = 300_000;

/** Databases of one folder, and their replicas. */
export interface Fleet {
  readonly sourceFolder: string;
  readonly configPath: string;
  readonly replicaPaths: readonly string[];
}

/** Replicates a fleet: from the start to the last first file, then without anything to do, then under a load. */
export async function fleetMeasures(
  { size }: Bench,
  program: Program,
  { sourceFolder, configPath, replicaPaths }: Fleet,
): Promise<Measures> {
  const startMs = performance.now();
  const sidecar = await Sidecar.start(limited(program), ['replicate', '-config', configPath], {
    isReady: allHaveFiles(replicaPaths),
    restMs: 0,
  });
  try {
    const firstFilesSeconds = (performance.now() - startMs) / msPerSecond;
    const firstFilesCpuSeconds = sidecar.tree.cpuSeconds();
    await sleep(size.idleAfterMs);
    await sleep(untilQuietMs(Date.now(), size.idleMs));
    const residentMegabytes = sidecar.tree.residentBytes() / bytesPerMegabyte;
    const idlePercent = await corePercent(sidecar, () => sleep(size.idleMs));
    const { busyPercent, ...commits } = await load(sidecar, sourceFolder, size.steadyLoadMs / msPerSecond);
    await sleep(size.restMs);
    const mostDescriptors = sidecar.tree.mostDescriptors();
    const busyResidentMegabytes = sidecar.tree.residentBytes() / bytesPerMegabyte;
    const stopMs = performance.now();
    await sidecar.stop();
    const stopSeconds = (performance.now() - stopMs) / msPerSecond;
    return {
      ...{ firstFilesSeconds, firstFilesCpuSeconds, residentMegabytes, idlePercent, busyPercent },
      ...{ ...commits, mostDescriptors, busyResidentMegabytes, stopSeconds },
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

/** At every five minutes of the wall clock level 1 is merged into level 2, once for each database: no part of being idle. */
function untilQuietMs(nowMs: number, lengthMs: number): number {
  const mergingMs = lengthMs / 2;
  const sinceMs = nowMs % levelTwoMs;
  if (sinceMs < mergingMs) return mergingMs - sinceMs;
  return sinceMs + lengthMs > levelTwoMs ? levelTwoMs - sinceMs + mergingMs : 0;
}

/** The part of one core that a program took while something went on. */
async function corePercent(sidecar: Sidecar, meanwhile: () => Promise<void>): Promise<number> {
  const [startMs, startSeconds] = [performance.now(), sidecar.tree.cpuSeconds()];
  await meanwhile();
  const seconds = (performance.now() - startMs) / msPerSecond;
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
