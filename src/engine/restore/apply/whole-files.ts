import { LtxDecoder } from '../../../format/ltx/decoder.ts';
import type { Kernels, PageRun } from '../../../kernel/kernels.ts';
import { naming, type OpenedFile, type PlanFile } from './plan-file.ts';
import type { RestoredPages } from './restored-pages.ts';

const runBytes = 1 << 20;

/** Reads files newest first, all of one page size, from start to end, verifies each, and keeps the pages that no newer one has. */
export async function restoreByWholeFiles(
  files: AsyncIterable<OpenedFile>,
  pages: RestoredPages,
  { kernels }: { readonly kernels: Kernels },
): Promise<void> {
  let run: PageRun | undefined;
  const openRun = (pageSizeBytes: number): PageRun => {
    run ??= kernels.openRun(pageSizeBytes, runBytes / pageSizeBytes);
    return run;
  };
  for await (const { file } of files) {
    await naming(file.info, () => restoreFile(file, pages, new LtxDecoder({ openRun }, { kernels })));
  }
}

async function restoreFile(file: PlanFile, pages: RestoredPages, decoder: LtxDecoder): Promise<void> {
  for await (const chunk of file.chunks()) {
    for (const { run, pageCount } of decoder.push(chunk)) {
      for (let from = 0; from < pageCount; ) {
        let to = from;
        while (to < pageCount && pages.claim(run.pgnos[to]!)) to++;
        if (to > from) await pages.keep(run, from, to);
        from = to + 1;
      }
    }
  }
  decoder.finish();
}
