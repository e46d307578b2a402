import { LtxDecoder } from '../../format/ltx/decoder.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { PageRun } from '../../kernel/kernels.ts';
import type { LocalFiles } from '../meta/local-files.ts';
import type { PageRuns } from '../page-runs.ts';
import type { PageSource } from '../page-source.ts';

const chunkBytes = 256 * 1024;

/** The pages of a local file, verified as they are read; the source must be read to its end, then closed. */
export async function openLtxPages(
  local: LocalFiles,
  txid: Txid,
  runs: PageRuns,
): Promise<{ source: PageSource; close(): Promise<void> }> {
  const reader = await local.open(txid);
  const decoder = new LtxDecoder({ openRun: (pageSizeBytes) => runs.borrow(pageSizeBytes) }, { kernels: runs.kernels });
  async function* decoded() {
    const chunk = new Uint8Array(chunkBytes);
    for (let count = await reader.read(chunk); count > 0; count = await reader.read(chunk)) {
      yield* decoder.push(chunk.subarray(0, count));
    }
    decoder.finish();
  }
  const pages = decoded();
  let from: { run: PageRun; pageCount: number } | undefined;
  let next = 0;
  const fill = async (run: PageRun) => {
    if (from === undefined || next === from.pageCount) {
      const step = await pages.next();
      if (step.done) return 0;
      from = step.value;
      next = 0;
    }
    const count = Math.min(run.capacity, from.pageCount - next);
    run.pages.set(from.run.pages.subarray(next * run.pageSize, (next + count) * run.pageSize));
    run.pgnos.set(from.run.pgnos.subarray(next, next + count));
    next += count;
    return count;
  };
  return { source: { fill }, close: () => reader.close() };
}
