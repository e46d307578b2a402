import type { DecodedPages, LtxDecoder } from '../format/ltx/decoder.ts';
import { decodePageFrames } from '../format/ltx/page-frames.ts';
import type { DecodedRun, PageRun } from '../kernel/kernels.ts';
import type { PageRuns } from './page-runs.ts';
import type { LaneRun, RunLane } from './run-lane.ts';

/** More would be of no use to whoever takes the pages, and threads are wanted for what becomes of them too. */
const mostAhead = 2;

interface Decoding {
  readonly lent: LaneRun;
  readonly decoded: Promise<DecodedRun>;
}

/**
 * The pages of a file of `fileBytes`, in order; those of a large one are decoded ahead of whoever takes them. What is
 * yielded is good until the next. Afterwards `decoder.finish` tells whether the file was right.
 */
export async function* decodeAhead(
  chunks: AsyncIterable<Uint8Array>,
  decoder: LtxDecoder,
  fileBytes: number,
  runs: PageRuns,
): AsyncGenerator<DecodedPages, void, undefined> {
  const underWay: Decoding[] = [];
  let lane: RunLane | undefined;
  let filling: LaneRun | undefined;
  const nextRun = (pageSizeBytes: number): PageRun => {
    lane ??= runs.openLane(pageSizeBytes, { expectedBytes: fileBytes, plainRuns: 1 });
    filling ??= lane.borrow();
    return filling.run;
  };
  async function* takeOldest() {
    const { lent, decoded } = underWay.shift()!;
    try {
      yield decoder.take(lent.run, await decoded);
    } finally {
      lent.giveBack();
    }
  }
  try {
    for await (const chunk of chunks) {
      for (const { run, frameBytes, isLast } of decoder.collect(chunk, nextRun)) {
        const inPlace = () => decodePageFrames(run, frameBytes, 0n, runs);
        const decoded = filling!.decode(frameBytes, 0n, inPlace);
        decoded.catch(() => {}); // met when its turn comes
        underWay.push({ lent: filling!, decoded });
        filling = undefined;
        while (underWay.length > 0) {
          if (!isLast && underWay.length <= mostAhead) filling = lane!.tryBorrow();
          if (filling !== undefined) break;
          yield* takeOldest();
        }
      }
    }
  } finally {
    filling?.giveBack();
    for (const { lent, decoded } of underWay) {
      await decoded.catch(() => {});
      lent.giveBack();
    }
  }
}
