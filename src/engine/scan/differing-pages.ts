import type { PageRun } from '../../kernel/kernels.ts';
import type { PageChecksumTable } from '../meta/page-checksum-table.ts';
import type { PageSource } from '../page-source.ts';

/** The pages of a source whose checksums are not those of the table. */
export function differingPages(source: PageSource, table: PageChecksumTable): PageSource {
  return {
    async fill(run: PageRun) {
      for (;;) {
        const count = await source.fill(run);
        if (count === 0) return 0;
        run.checksum(count);
        const kept = keepDiffering(run, count, table);
        if (kept > 0) return kept;
      }
    },
  };
}

/** Moves the differing pages of a run to its start and returns how many there are. */
function keepDiffering(run: PageRun, count: number, table: PageChecksumTable): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const pgno = run.pgnos[i]!;
    if (table.get(pgno) === run.checksums[i]) continue;
    run.pages.copyWithin(kept * run.pageSize, i * run.pageSize, (i + 1) * run.pageSize);
    run.pgnos[kept++] = pgno;
  }
  return kept;
}

/** The checksums of all pages of a source. */
export async function tableOf(
  source: PageSource,
  commit: number,
  run: PageRun,
  into: PageChecksumTable,
): Promise<void> {
  for (let count = await source.fill(run); count > 0; count = await source.fill(run)) {
    run.checksum(count);
    for (let i = 0; i < count; i++) into.set(run.pgnos[i]!, run.checksums[i]!);
  }
  into.resize(commit);
}
