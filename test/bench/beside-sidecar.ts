import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkReplica } from './check-replica.ts';
import type { Program } from './program.ts';
import { directoryPlace } from './replica-store.ts';
import { hasFiles, Sidecar } from './sidecar.ts';
import { type Bench, type Measures, withoutSidecar } from './workload.ts';

const bytesPerMegabyte = 1e6;

/** What a load measured, and what the sidecar beside it took meanwhile; `sidecar` is undefined without one. */
export interface BesideSidecar<Result> {
  readonly result: Result;
  readonly sidecar: { readonly cpuSeconds: number; readonly peakMegabytes: number } | undefined;
}

/** Runs a load on a fresh database, without a sidecar or beside one whose replica is compared with the database afterwards. */
export async function besideSidecar<Result>(
  { workspace, size }: Bench,
  program: Program | undefined,
  load: (databasePath: string, replicaPath: string) => Promise<Result>,
): Promise<BesideSidecar<Result>> {
  const folder = await workspace.folder();
  try {
    const databasePath = await workspace.database(size.busyMegabytes, folder);
    if (program === undefined) return { result: await load(databasePath, ''), sidecar: undefined };
    const place = directoryPlace(join(folder, 'replica'));
    const sidecar = await Sidecar.start(program, ['replicate', databasePath, place.url], {
      isReady: () => hasFiles(place.path),
      restMs: size.restMs,
    });
    try {
      const before = sidecar.tree.cpuSeconds();
      const result = await load(databasePath, place.path);
      await sleep(size.restMs); // what the load left to do is a part of its cost
      const cpuSeconds = sidecar.tree.cpuSeconds() - before;
      const peakMegabytes = sidecar.tree.peakBytes() / bytesPerMegabyte;
      await sidecar.stop();
      await checkReplica(program, databasePath, place, folder);
      return { result, sidecar: { cpuSeconds, peakMegabytes } };
    } finally {
      sidecar.kill();
    }
  } finally {
    await workspace.remove(folder);
  }
}

/** Runs one side after the other: without a sidecar first, then beside each program. */
export async function alternate(
  programs: readonly Program[],
  measure: (program: Program | undefined, without: Measures | undefined) => Promise<Measures>,
): Promise<ReadonlyMap<string, Measures>> {
  const without = await measure(undefined, undefined);
  const round = new Map<string, Measures>([[withoutSidecar, without]]);
  for (const program of programs) round.set(program.name, await measure(program, without));
  return round;
}
