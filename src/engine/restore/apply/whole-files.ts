import { LtxDecoder } from '../../../format/ltx/decoder.ts';
import type { Kernels } from '../../../kernel/kernels.ts';
import { decodeAhead } from '../../decode-ahead.ts';
import { PageRuns } from '../../page-runs.ts';
import { naming, type OpenedFile, type PlanFile } from './plan-file.ts';
import type { RestoredPages } from './restored-pages.ts';

/** Reads files newest first, all of one page size, from start to end, verifies each, and keeps the pages that no newer one has. */
export async function restoreByWholeFiles(
  files: AsyncIterable<OpenedFile>,
  pages: RestoredPages,
  { kernels }: { readonly kernels: Kernels },
): Promise<void> {
  const runs = new PageRuns(kernels);
  for await (const { file } of files) await naming(file.info, () => restoreFile(file, pages, runs));
}

async function restoreFile(file: PlanFile, pages: RestoredPages, runs: PageRuns): Promise<void> {
  const decoder = new LtxDecoder({}, runs);
  for await (const { run, pageCount } of decodeAhead(file.chunks(), decoder, file.info.sizeBytes, runs)) {
    for (let from = 0; from < pageCount; ) {
      let to = from;
      while (to < pageCount && pages.claim(run.pgnos[to]!)) to++;
      if (to > from) await pages.keep(run, [{ from, to }]);
      from = to + 1;
    }
  }
  decoder.finish();
}
