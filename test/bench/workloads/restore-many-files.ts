import { link, mkdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { addLevelZeroFiles } from '../level-zero-files.ts';
import { type MeasuredRun, measuredRun } from '../measured-run.ts';
import { ownProgram, type Program } from '../program.ts';
import { directoryPlace } from '../replica-store.ts';
import { restoredDatabase, verifiedByChecksum } from '../restored-database.ts';
import { type Bench, type Measures, type Round, roundOf, type Workload } from '../workload.ts';
import { newestVersionBytes, writtenFiles } from '../written-files.ts';

/** A snapshot with many small files behind it: each page is to be read once, and written once. */
export class RestoreManyFilesWorkload implements Workload {
  readonly name = 'restore-1000-files';
  readonly about =
    'restore of a 1 GB snapshot and 1,000 level-0 files of 8 pages each, out of a hundredth of all pages; snapshotRatio compares with the ' +
    'snapshot alone, readRatio with the newest version of each page and all else in the files, writtenRatio with the database';
  readonly promises = [
    { measure: 'snapshotRatio', atMost: 1.3 },
    { measure: 'readRatio', atMost: 1.02 },
    { measure: 'writtenRatio', atMost: 1.01 },
    { measure: 'verifiedByChecksum', atLeast: 1 },
  ];
  #folder = '';
  #neededBytes = 0;
  /** Of the two restores each goes first in every other round. */
  #turn = 0;

  /** The snapshot alone, with its source, in one folder; the same snapshot and what follows it in another one. */
  async prepare({ workspace, size }: Bench): Promise<void> {
    this.#folder = await workspace.folder();
    for (const name of ['alone', 'many']) {
      await mkdir(join(this.#folder, name));
      await workspace.database(size.bulkMegabytes, join(this.#folder, name));
    }
    const [alone, many] = [this.#source('alone'), this.#source('many')];
    const args = ['replicate', '-once', alone.databasePath, alone.place.url];
    await measuredRun(ownProgram, args, { folder: this.#folder });
    const snapshotPath = writtenFiles(alone.place.path)[0]!.path;
    const levelPath = join(many.place.path, 'ltx/0');
    await mkdir(levelPath, { recursive: true });
    await link(snapshotPath, join(levelPath, basename(snapshotPath)));
    addLevelZeroFiles(many.databasePath, snapshotPath, levelPath, size.levelZeroFileCount);
    this.#neededBytes = newestVersionBytes(writtenFiles(levelPath));
  }

  async round({ workspace }: Bench, programs: readonly Program[]): Promise<Round> {
    const order = this.#turn++ % 2 === 0 ? (['alone', 'many'] as const) : (['many', 'alone'] as const);
    return roundOf(programs, async (program): Promise<Measures> => {
      const runs: Partial<Record<'alone' | 'many', MeasuredRun>> = {};
      for (const name of order) {
        const { place, databasePath } = this.#source(name);
        runs[name] = await restoredDatabase(workspace, program, place, databasePath);
      }
      const [alone, many] = [runs.alone!, runs.many!];
      return {
        ...many.cost,
        snapshotWallSeconds: alone.cost.wallSeconds,
        snapshotRatio: many.cost.wallSeconds / alone.cost.wallSeconds,
        snapshotCpuRatio: many.cost.cpuSeconds / alone.cost.cpuSeconds,
        readRatio: many.readBytes / this.#neededBytes,
        writtenRatio: many.writtenBytes / (await stat(this.#source('many').databasePath)).size,
        ...verifiedByChecksum(program, many),
      };
    });
  }

  release({ workspace }: Bench): Promise<void> {
    return workspace.remove(this.#folder);
  }

  #source(name: string) {
    const folder = join(this.#folder, name);
    return { databasePath: join(folder, 'app.db'), place: directoryPlace(join(folder, 'replica')) };
  }
}
