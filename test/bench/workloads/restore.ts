import { join } from 'node:path';
import { compareDatabases } from '../check-replica.ts';
import { measuredRun } from '../measured-run.ts';
import type { Program } from '../program.ts';
import { replicaUrl } from '../sidecar.ts';
import type { Bench, Measures, Workload } from '../workload.ts';

/** A large database out of a directory. */
export class RestoreWorkload implements Workload {
  readonly name = 'restore-1gb';
  readonly about =
    'restore of a 1 GB database from a replica that the same program wrote, compared with its source afterwards';
  readonly promises = [
    { measure: 'wallSeconds', below: 11.5 },
    { measure: 'peakMegabytes', below: 200 },
  ];
  readonly #sources = new Map<string, { folder: string; databasePath: string }>();

  async prepare({ workspace, size }: Bench, programs: readonly Program[]): Promise<void> {
    for (const program of programs) {
      const folder = await workspace.folder();
      const databasePath = await workspace.database(size.bulkMegabytes, folder);
      const url = replicaUrl(join(folder, 'replica'));
      await measuredRun(program, ['replicate', '-once', databasePath, url], folder);
      this.#sources.set(program.name, { folder, databasePath });
    }
  }

  async round(bench: Bench, programs: readonly Program[]): Promise<ReadonlyMap<string, Measures>> {
    const round = new Map<string, Measures>();
    for (const program of programs) round.set(program.name, await this.#restore(bench, program));
    return round;
  }

  async #restore({ workspace }: Bench, program: Program): Promise<Measures> {
    const source = this.#sources.get(program.name)!;
    const folder = await workspace.folder();
    try {
      const restoredPath = join(folder, 'restored.db');
      const url = replicaUrl(join(source.folder, 'replica'));
      const cost = await measuredRun(program, ['restore', '-o', restoredPath, url], folder);
      await compareDatabases(source.databasePath, restoredPath);
      return { ...cost };
    } finally {
      await workspace.remove(folder);
    }
  }
}
