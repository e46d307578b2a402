import { LtxError } from '../../../format/ltx/ltx-error.ts';
import { decodePageFrames } from '../../../format/ltx/page-frames.ts';
import type { PageIndex } from '../../../format/ltx/page-index.ts';
import type { Kernels } from '../../../kernel/kernels.ts';
import { PageRuns } from '../../page-runs.ts';
import type { LaneRun } from '../../run-lane.ts';
import { naming, type OpenedFile } from './plan-file.ts';
import type { RestoredPages } from './restored-pages.ts';

const runBytes = 1 << 21;

export interface IndexedFile extends OpenedFile {
  readonly index: PageIndex;
}

/** Frames of one file that lie close together, small enough for one workspace. */
interface Batch extends IndexedFile {
  readonly entries: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/**
 * Reads, from files newest first, only the frames of pages that no newer file has; several ranges at a time, each decoded
 * where the lane says and written in no order.
 */
export async function restoreByIndex(
  files: AsyncIterable<IndexedFile>,
  pages: RestoredPages,
  options: { readonly pageSizeBytes: number; readonly parallelism: number; readonly expectedBytes: number },
  { kernels }: { readonly kernels: Kernels },
): Promise<void> {
  const runs = new PageRuns(kernels, { runBytes });
  const lane = runs.openLane(options.pageSizeBytes, options);
  const batches = batchesOf(files, pages, runs.capacityOf(options.pageSizeBytes), runBytes);
  let failed = false;
  const worker = async () => {
    while (!failed) {
      const { value: batch, done } = await batches.next();
      if (done) return;
      const lent = lane.borrow();
      try {
        await naming(batch.file.info, () => restoreBatch(batch, lent, pages, kernels));
      } finally {
        lent.giveBack();
      }
    }
  };
  const workers = Array.from({ length: options.parallelism }, () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  const results = await Promise.allSettled(workers);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function* batchesOf(
  files: AsyncIterable<IndexedFile>,
  pages: RestoredPages,
  capacity: number,
  limitBytes: number,
): AsyncGenerator<Batch, void, undefined> {
  for await (const { file, index } of files) {
    let entries: number[] = [];
    let offset = 0;
    let end = 0;
    for (let entry = 0; entry < index.count; entry++) {
      if (!pages.claim(index.pgnos[entry]!)) continue;
      const start = index.offsets[entry]!;
      const entryEnd = start + index.sizes[entry]!;
      const fits = entries.length < capacity && entryEnd - offset <= limitBytes && start - end <= file.gapBytes;
      if (entries.length > 0 && !fits) {
        yield { file, index, entries, offset, length: end - offset };
        entries = [];
      }
      if (entries.length === 0) offset = start;
      entries.push(entry);
      end = entryEnd;
    }
    if (entries.length > 0) yield { file, index, entries, offset, length: end - offset };
  }
}

async function restoreBatch(batch: Batch, lent: LaneRun, pages: RestoredPages, kernels: Kernels): Promise<void> {
  const { index, entries } = batch;
  const { run } = lent;
  await batch.file.readInto(batch.offset, run.frames.subarray(0, batch.length));
  const keptBytes = closeGaps(run.frames, batch);
  const { pageCount } = await lent.decode(keptBytes, 0n, () => decodePageFrames(run, keptBytes, 0n, { kernels }));
  const agrees = pageCount === entries.length && entries.every((entry, i) => run.pgnos[i] === index.pgnos[entry]);
  if (!agrees) throw new LtxError('index-invalid', 'Cannot read page frames: they are not those of the page index');
  await pages.keep(run, 0, pageCount);
}

/** Moves the frames of a batch together at the start and returns how many bytes they are. */
function closeGaps(frames: Uint8Array, { index, entries, offset }: Batch): number {
  let keptBytes = 0;
  for (let at = 0; at < entries.length; ) {
    const start = index.offsets[entries[at]!]!;
    let end = start;
    for (; at < entries.length && index.offsets[entries[at]!] === end; at++) end += index.sizes[entries[at]!]!;
    if (start - offset !== keptBytes) frames.copyWithin(keptBytes, start - offset, end - offset);
    keptBytes += end - start;
  }
  return keptBytes;
}
