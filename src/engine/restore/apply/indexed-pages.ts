import { LtxError } from '../../../format/ltx/ltx-error.ts';
import { decodePageFrames } from '../../../format/ltx/page-frames.ts';
import type { PageIndex } from '../../../format/ltx/page-index.ts';
import type { Kernels } from '../../../kernel/kernels.ts';
import { PageRuns } from '../../page-runs.ts';
import type { LaneRun } from '../../run-lane.ts';
import { naming, type OpenedFile } from './plan-file.ts';
import type { RestoredPages, Stretch } from './restored-pages.ts';

const runBytes = 1 << 21;

export interface IndexedFile extends OpenedFile {
  readonly index: PageIndex;
}

/** Frames of one file that follow each other, small enough for one workspace: those that are needed, and what lies between them. */
interface Batch extends IndexedFile {
  /** The index entry of its first frame. */
  readonly first: number;
  /** Which frames are needed, counted from its first one. */
  readonly needed: readonly Stretch[];
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
    let needed: { from: number; to: number }[] = [];
    let first = 0;
    let offset = 0;
    let end = 0;
    for (let entry = 0; entry < index.count; entry++) {
      if (!pages.claim(index.pgnos[entry]!)) continue;
      const start = index.offsets[entry]!;
      const entryEnd = start + index.sizes[entry]!;
      const last = needed.at(-1);
      const fits = entry - first < capacity && entryEnd - offset <= limitBytes && start - end <= file.gapBytes;
      if (last !== undefined && fits && start - end === framesBytes(index, first + last.to, entry)) {
        if (first + last.to === entry) last.to++;
        else needed.push({ from: entry - first, to: entry - first + 1 });
      } else {
        if (last !== undefined) yield { file, index, first, needed, offset, length: end - offset };
        first = entry;
        offset = start;
        needed = [{ from: 0, to: 1 }];
      }
      end = entryEnd;
    }
    if (needed.length > 0) yield { file, index, first, needed, offset, length: end - offset };
  }
}

/** The bytes of the frames of entries `from` to `to` (excluded). */
function framesBytes(index: PageIndex, from: number, to: number): number {
  let bytes = 0;
  for (let entry = from; entry < to; entry++) bytes += index.sizes[entry]!;
  return bytes;
}

async function restoreBatch(batch: Batch, lent: LaneRun, pages: RestoredPages, kernels: Kernels): Promise<void> {
  const { run } = lent;
  await batch.file.readInto(batch.offset, run.frames.subarray(0, batch.length));
  await pages.keep(run, await decodeBatch(batch, lent, kernels));
}

/** Decodes the needed frames, and those between them unless one is damaged; resolves with where the needed pages are. */
async function decodeBatch(batch: Batch, lent: LaneRun, kernels: Kernels): Promise<readonly Stretch[]> {
  const { needed } = batch;
  try {
    await decode(batch, [{ from: 0, to: needed.at(-1)!.to }], batch.length, lent, kernels);
    return needed;
  } catch (error) {
    if (!(error instanceof LtxError) || needed.length === 1) throw error;
    const keptBytes = closeGaps(lent.run.frames, batch);
    const count = await decode(batch, needed, keptBytes, lent, kernels);
    return [{ from: 0, to: count }];
  }
}

/** Decodes frames from the start of the workspace, which have to be those of `stretches`; resolves with how many they are. */
async function decode(
  { index, first }: Batch,
  stretches: readonly Stretch[],
  frameBytes: number,
  lent: LaneRun,
  kernels: Kernels,
): Promise<number> {
  const { run } = lent;
  const { pageCount } = await lent.decode(frameBytes, 0n, () => decodePageFrames(run, frameBytes, 0n, { kernels }));
  let i = 0;
  let agrees = true;
  for (const { from, to } of stretches)
    for (let entry = first + from; entry < first + to; entry++) agrees &&= run.pgnos[i++] === index.pgnos[entry];
  if (!agrees || i !== pageCount)
    throw new LtxError('index-invalid', 'Cannot read page frames: they are not those of the page index');
  return pageCount;
}

/** Moves the needed frames of a batch together at the start and returns how many bytes they are. */
function closeGaps(frames: Uint8Array, { index, first, needed, offset }: Batch): number {
  let keptBytes = 0;
  for (const { from, to } of needed) {
    const start = index.offsets[first + from]! - offset;
    const end = start + framesBytes(index, first + from, first + to);
    frames.copyWithin(keptBytes, start, end);
    keptBytes += end - start;
  }
  return keptBytes;
}
