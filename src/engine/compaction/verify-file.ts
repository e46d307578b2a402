import { LtxDecoder, type VerifiedLtx } from '../../format/ltx/decoder.ts';
import { LtxError } from '../../format/ltx/ltx-error.ts';
import type { PageRun } from '../../kernel/kernels.ts';
import type { CallOptions, LtxFileId } from '../../replica/replica-client.ts';
import type { PageRuns } from '../page-runs.ts';
import type { Turn } from './turn.ts';

/**
 * Decodes a whole file and compares everything in it that can be compared: page index, file checksum, and, from TXID 1 on,
 * the database checksum. Throws LtxError.
 */
export async function verifyFile(
  file: LtxFileId,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { runs, turn, signal }: CallOptions & { readonly runs: PageRuns; readonly turn: Turn },
): Promise<VerifiedLtx> {
  let run: PageRun | undefined;
  const openRun = (pageSizeBytes: number): PageRun => {
    run = runs.borrow(pageSizeBytes);
    return run;
  };
  try {
    const decoder = new LtxDecoder({ openRun }, { kernels: runs.kernels });
    for await (const chunk of chunks) {
      for (const _ of decoder.push(chunk)) await turn.share(signal);
    }
    const verified = decoder.finish();
    requireTxids(verified.header, file);
    return verified;
  } finally {
    if (run !== undefined) runs.giveBack(run);
  }
}

/** Throws LtxError `header-invalid` when a header does not belong to a file's name. */
export function requireTxids(header: Pick<LtxFileId, 'minTxid' | 'maxTxid'>, file: LtxFileId): void {
  if (header.minTxid === file.minTxid && header.maxTxid === file.maxTxid) return;
  throw new LtxError('header-invalid', 'Cannot use LTX file: its header has other TXIDs than its name');
}
