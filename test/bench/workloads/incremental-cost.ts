import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { measuredRun } from '../measured-run.ts';
import type { Program } from '../program.ts';
import { runPython } from '../python-program.ts';
import { directoryPlace } from '../replica-store.ts';
import { Sidecar } from '../sidecar.ts';
import { WaitingWriter } from '../waiting-writer.ts';
import { type Bench, type Measures, type Round, roundOf, type Workload } from '../workload.ts';

const smallMegabytes = 1;
const commitsPerSecond = 200;
const bytesPerMegabyte = 1e6;
const msPerSecond = 1000;

interface Source {
  readonly databasePath: string;
  readonly url: string;
}

interface Sources {
  readonly small: Source;
  readonly large: Source;
}

/**
 * What a sidecar does for a commit, and at a start with nothing to catch up on, must not depend on how large the database
 * is. Every round leaves its commits in the WAL, which proves to the next start that nothing was missed; the warm-up, the
 * first start after one that had no WAL, may read the whole database.
 */
export class IncrementalCostWorkload implements Workload {
  readonly name = 'incremental-cost';
  readonly about =
    'a database of 1 MB and one of 5 GB, replicated before: a start of the sidecar with nothing changed meanwhile, then one-row commits, ' +
    `${commitsPerSecond} a second; the ratios compare the large database with the small one`;
  readonly promises = [
    { measure: 'commitCpuRatio', atMost: 1.2 },
    { measure: 'commitMemoryRatio', atMost: 1.2 },
    { measure: 'attachCpuRatio', atMost: 1.2 },
    { measure: 'attachMemoryRatio', atMost: 1.2 },
  ];
  readonly othersOnlyWhenNamed = true;
  readonly #sources = new Map<Program, Sources>();
  #folder = '';

  async prepare({ workspace, size }: Bench, programs: readonly Program[]): Promise<void> {
    this.#folder = await workspace.folder();
    for (const [index, program] of programs.entries()) {
      const make = async (kind: string, megabytes: number): Promise<Source> => {
        const folder = join(this.#folder, `${kind}-${index}`);
        await mkdir(folder);
        const source = { databasePath: join(folder, 'app.db'), url: directoryPlace(join(folder, 'replica')).url };
        await runPython('make_large_database', [source.databasePath, String(megabytes)]);
        await measuredRun(program, ['replicate', '-once', source.databasePath, source.url], { folder });
        return source;
      };
      this.#sources.set(program, {
        small: await make('small', smallMegabytes),
        large: await make('large', size.largeMegabytes),
      });
    }
  }

  round(bench: Bench, programs: readonly Program[]): Promise<Round> {
    return roundOf(programs, async (program): Promise<Measures> => {
      const { small, large } = this.#sources.get(program)!;
      const [ofSmall, ofLarge] = [await costs(bench, program, small), await costs(bench, program, large)];
      return {
        commitCpuRatio: ofLarge.commitCpuMs / ofSmall.commitCpuMs,
        commitMemoryRatio: ofLarge.commitMegabytes / ofSmall.commitMegabytes,
        attachCpuRatio: ofLarge.attachCpuSeconds / ofSmall.attachCpuSeconds,
        attachMemoryRatio: ofLarge.attachMegabytes / ofSmall.attachMegabytes,
        ...Object.fromEntries(Object.entries(ofSmall).map(([measure, value]) => [`small_${measure}`, value])),
        ...Object.fromEntries(Object.entries(ofLarge).map(([measure, value]) => [`large_${measure}`, value])),
      };
    });
  }

  release({ workspace }: Bench): Promise<void> {
    return workspace.remove(this.#folder);
  }
}

async function costs({ size }: Bench, program: Program, { databasePath, url }: Source) {
  const sidecar = await Sidecar.start(program, ['replicate', databasePath, url], {
    isReady: () => true,
    restMs: size.settleMs,
  });
  try {
    const attachCpuSeconds = sidecar.tree.cpuSeconds();
    const attachMegabytes = sidecar.tree.residentBytes() / bytesPerMegabyte;
    const count = Math.ceil(size.loadSeconds * commitsPerSecond);
    const writer = await WaitingWriter.open('append_rows', [databasePath, String(count), String(commitsPerSecond)]);
    const before = sidecar.tree.cpuSeconds();
    await writer.write().finally(() => writer.end());
    await sleep(size.restMs); // what the commits left to do is a part of their cost
    const commitCpuMs = ((sidecar.tree.cpuSeconds() - before) / count) * msPerSecond;
    const commitMegabytes = sidecar.tree.residentBytes() / bytesPerMegabyte;
    await sidecar.stop();
    return { attachCpuSeconds, attachMegabytes, commitCpuMs, commitMegabytes };
  } finally {
    sidecar.kill();
  }
}
