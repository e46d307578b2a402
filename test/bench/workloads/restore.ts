import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { countFsyncs, fsyncTool } from '../fsync-calls.ts';
import { measuredRun } from '../measured-run.ts';
import type { Program } from '../program.ts';
import type { Promised } from '../promise.ts';
import { type ReplicaPlace, ReplicaStore, type StoreKind } from '../replica-store.ts';
import { restoredDatabase, verifiedByChecksum } from '../restored-database.ts';
import { type Bench, type Round, roundOf, type Workload } from '../workload.ts';

/** A large database out of a replica that the same program wrote. */
export class RestoreWorkload implements Workload {
  readonly name: string;
  readonly about: string;
  readonly promises: readonly Promised[];
  readonly #kind: StoreKind;
  readonly #sources = new Map<Program, { readonly databasePath: string; readonly place: ReplicaPlace }>();
  #folder = '';
  #store: ReplicaStore | undefined;

  static fromDirectory(): RestoreWorkload {
    return new RestoreWorkload('directory', {
      name: 'restore-1gb',
      about:
        'restore of a 1 GB database from a replica that the same program wrote, compared with its source afterwards',
      promises: [
        { measure: 'wallSeconds', timesLess: 5, published: 11.5 },
        { measure: 'peakMegabytes', atMost: 160 },
        { measure: 'verifiedByChecksum', atLeast: 1 },
        { measure: 'fileFsyncs', atLeast: 1, needs: fsyncTool },
        { measure: 'directoryFsyncs', atLeast: 1, needs: fsyncTool },
      ],
    });
  }

  static fromS3(): RestoreWorkload {
    return new RestoreWorkload('s3', {
      name: 'restore-1gb-s3',
      about: 'the same from an S3 server on this machine',
      promises: [
        { measure: 'wallSeconds', timesLess: 3, published: 10.8 },
        { measure: 'peakMegabytes', below: 200 },
        { measure: 'verifiedByChecksum', atLeast: 1 },
      ],
    });
  }

  private constructor(kind: StoreKind, { name, about, promises }: Pick<Workload, 'name' | 'about' | 'promises'>) {
    this.name = name;
    this.about = about;
    this.promises = promises;
    this.#kind = kind;
  }

  async prepare({ workspace, size }: Bench, programs: readonly Program[]): Promise<void> {
    this.#folder = await workspace.folder();
    this.#store = await ReplicaStore.open(this.#kind, this.#folder);
    for (const [index, program] of programs.entries()) {
      const folder = join(this.#folder, String(index));
      await mkdir(folder);
      const databasePath = await workspace.database(size.bulkMegabytes, folder);
      const place = this.#store.place(`replica-${index}`);
      const run = { folder, environment: place.environment };
      await measuredRun(program, ['replicate', '-once', databasePath, place.url], run);
      this.#sources.set(program, { databasePath, place });
    }
  }

  inspect({ workspace }: Bench, programs: readonly Program[]): Promise<Round> {
    return roundOf(this.#kind === 's3' ? [] : programs, async (program) => {
      const folder = await workspace.folder();
      const args = ['restore', '-o', join(folder, 'restored.db'), this.#sources.get(program)!.place.url];
      try {
        return await countFsyncs(program, args, { folder });
      } finally {
        await workspace.remove(folder);
      }
    });
  }

  round({ workspace }: Bench, programs: readonly Program[]): Promise<Round> {
    return roundOf(programs, async (program) => {
      const { databasePath, place } = this.#sources.get(program)!;
      const run = await restoredDatabase(workspace, program, place, databasePath);
      return { ...run.cost, ...verifiedByChecksum(program, run) };
    });
  }

  async release({ workspace }: Bench): Promise<void> {
    await this.#store?.[Symbol.asyncDispose]();
    this.#store = undefined;
    await workspace.remove(this.#folder);
  }
}
