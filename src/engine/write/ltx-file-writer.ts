import type { Checksum } from '../../format/ltx/checksum.ts';
import { LtxEncoder, type NewLtxHeader } from '../../format/ltx/encoder.ts';
import { type LtxHeader, ltxHeaderBytes } from '../../format/ltx/header.ts';
import type { EncodedRun, PageRun } from '../../kernel/kernels.ts';
import type { PendingFile } from '../../runtime/pending-file.ts';
import type { PageChanges } from '../meta/page-checksum-table.ts';
import type { PageRuns } from '../page-runs.ts';
import type { PageSource } from '../page-source.ts';
import type { LaneRun } from '../run-lane.ts';
import { RunQueue } from '../run-queue.ts';

/** Most files are of a few pages: there is nothing to do side by side. */
const smallBytes = 64 * 1024;

/** An LTX file whose bytes are all written and that waits to be published. */
export interface EncodedLtx {
  readonly header: LtxHeader;
  readonly sizeBytes: number;
  readonly changes: PageChanges;
}

/** What the header says, once the pages are known. */
export type HeaderOf = (changes: PageChanges, pagesChecksum: Checksum) => NewLtxHeader;

interface FilePages {
  readonly source: PageSource;
  readonly commit: number;
  readonly pageSizeBytes: number;
}

/** Encodes pages into a pending file. The header is asked for last: the checksums in it follow from the pages. */
export function writeLtxFile(
  pending: PendingFile,
  pages: FilePages,
  headerOf: HeaderOf,
  { runs }: { readonly runs: PageRuns },
): Promise<EncodedLtx> {
  const { pageCount = Number.POSITIVE_INFINITY } = pages.source;
  const isSmall = pageCount <= Math.min(smallBytes / pages.pageSizeBytes, runs.capacityOf(pages.pageSizeBytes));
  return isSmall ? writeSmall(pending, pages, headerOf, runs) : writeByRuns(pending, pages, headerOf, runs);
}

/** In one workspace, then by one write. */
async function writeSmall(
  pending: PendingFile,
  { source, commit, pageSizeBytes }: FilePages,
  headerOf: HeaderOf,
  runs: PageRuns,
): Promise<EncodedLtx> {
  const run = runs.borrow(pageSizeBytes);
  try {
    const count = await source.fill(run);
    const encoder = new LtxEncoder({ pageSizeBytes, expectedPages: count }, { kernels: runs.kernels });
    const { frameBytes, register } = run.encode(count, 0n);
    encoder.addRun(run, count, register);
    const changes = { pgnos: [run.pgnos.slice(0, count)], checksums: [run.checksums.slice(0, count)], commit };
    const { header, headerBytes, tail, fileSizeBytes } = encoder.finish(headerOf(changes, encoder.pagesChecksum));
    const bytes = new Uint8Array(fileSizeBytes);
    bytes.set(headerBytes);
    bytes.set(run.frames.subarray(0, frameBytes), ltxHeaderBytes);
    bytes.set(tail, ltxHeaderBytes + frameBytes);
    await pending.fill(bytes, header.timestampMs);
    return { header, sizeBytes: fileSizeBytes, changes };
  } finally {
    runs.giveBack(run);
  }
}

/** Runs are read, compressed and written side by side. */
async function writeByRuns(
  pending: PendingFile,
  pages: FilePages,
  headerOf: HeaderOf,
  runs: PageRuns,
): Promise<EncodedLtx> {
  const { commit, pageSizeBytes } = pages;
  const encoder = new LtxEncoder({ pageSizeBytes }, { kernels: runs.kernels });
  const changes = { pgnos: [] as Uint32Array[], checksums: [] as BigUint64Array[], commit };
  const take = async (run: PageRun, { count, encoded }: { count: number; encoded: EncodedRun }): Promise<void> => {
    encoder.addRun(run, count, encoded.register);
    changes.pgnos.push(run.pgnos.slice(0, count));
    changes.checksums.push(run.checksums.slice(0, count));
    await pending.append(run.frames.subarray(0, encoded.frameBytes));
  };
  const queue = new RunQueue(runs.openLane(pageSizeBytes), take);
  const encode = async (lent: LaneRun, count: number) => ({ count, encoded: await lent.encode(count, 0n) });
  try {
    await pending.append(new Uint8Array(ltxHeaderBytes));
    for (;;) {
      const lent = await queue.next();
      const count = await pages.source.fill(lent.run);
      if (count === 0) break;
      queue.push(encode(lent, count));
    }
    await queue.finish();
  } finally {
    await queue.settle();
  }
  const finished = encoder.finish(headerOf(changes, encoder.pagesChecksum));
  await pending.append(finished.tail);
  await pending.writeAt(finished.headerBytes, 0);
  await pending.setModified(finished.header.timestampMs); // as in a replica, where it may become the same file
  return { header: finished.header, sizeBytes: finished.fileSizeBytes, changes };
}
