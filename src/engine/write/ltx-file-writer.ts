import type { Checksum } from '../../format/ltx/checksum.ts';
import { LtxEncoder, type NewLtxHeader } from '../../format/ltx/encoder.ts';
import { type LtxHeader, ltxHeaderBytes } from '../../format/ltx/header.ts';
import type { PageRun } from '../../kernel/kernels.ts';
import type { PendingFile } from '../../runtime/pending-file.ts';
import type { PageChanges } from '../meta/page-checksum-table.ts';
import type { PageRuns } from '../page-runs.ts';
import type { PageSource } from '../page-source.ts';

/** An LTX file whose bytes are all written and that waits to be published. */
export interface EncodedLtx {
  readonly header: LtxHeader;
  readonly sizeBytes: number;
  readonly changes: PageChanges;
}

/** What the header says, once the pages are known. */
export type HeaderOf = (changes: PageChanges, pagesChecksum: Checksum) => NewLtxHeader;

/**
 * Encodes pages into a pending file, one run being written while the next is compressed. The header is asked for last: the
 * checksums in it follow from the pages.
 */
export async function writeLtxFile(
  pending: PendingFile,
  pages: { readonly source: PageSource; readonly commit: number; readonly pageSizeBytes: number },
  headerOf: HeaderOf,
  { runs }: { readonly runs: PageRuns },
): Promise<EncodedLtx> {
  const { commit, pageSizeBytes } = pages;
  const encoder = new LtxEncoder({ pageSizeBytes }, { kernels: runs.kernels });
  const changes = { pgnos: [] as Uint32Array[], checksums: [] as BigUint64Array[], commit };
  const workspaces: PageRun[] = [];
  let written: Promise<void> = pending.append(new Uint8Array(ltxHeaderBytes));
  try {
    for (let turn = 0; ; turn = 1 - turn) {
      const run = workspaces[turn] ?? runs.borrow(pageSizeBytes);
      workspaces[turn] = run;
      const count = await pages.source.fill(run);
      if (count === 0) break;
      const frameBytes = encoder.encodeRun(run, count);
      changes.pgnos.push(run.pgnos.slice(0, count));
      changes.checksums.push(run.checksums.slice(0, count));
      await written;
      written = pending.append(run.frames.subarray(0, frameBytes));
      written.catch(() => {}); // awaited before the next write; a failure must not count as unhandled meanwhile
    }
    await written;
  } finally {
    await written.catch(() => {});
    for (const run of workspaces) runs.giveBack(run);
  }
  const finished = encoder.finish(headerOf(changes, encoder.pagesChecksum));
  await pending.append(finished.tail);
  await pending.writeAt(finished.headerBytes, 0);
  return { header: finished.header, sizeBytes: finished.fileSizeBytes, changes };
}
