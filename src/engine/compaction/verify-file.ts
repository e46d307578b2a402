import { LtxDecoder, type VerifiedLtx } from '../../format/ltx/decoder.ts';
import { LtxError } from '../../format/ltx/ltx-error.ts';
import type { PageRun } from '../../kernel/kernels.ts';
import type { CallOptions, LtxFileId, LtxFileInfo } from '../../replica/replica-client.ts';
import type { Turn } from '../../runtime/turn.ts';
import { decodeAhead } from '../decode-ahead.ts';
import type { PageRuns } from '../page-runs.ts';

/**
 * Decodes a whole file and compares everything in it that can be compared: page index, file checksum, and, from TXID 1 on,
 * the database checksum. Throws LtxError.
 */
export async function verifyFile(
  file: LtxFileInfo,
  chunks: AsyncIterable<Uint8Array>,
  { runs, turn, signal }: CallOptions & { readonly runs: PageRuns; readonly turn: Turn },
): Promise<VerifiedLtx> {
  const decoder = new LtxDecoder({}, runs);
  for await (const _ of decodeAhead(chunks, decoder, file.sizeBytes, runs)) await turn.share(signal);
  return finish(file, decoder);
}

/** The same for a small file in memory, without pausing. */
export function verifyBytes(file: LtxFileId, bytes: Uint8Array, { runs }: { readonly runs: PageRuns }): VerifiedLtx {
  let run: PageRun | undefined;
  const openRun = (pageSizeBytes: number): PageRun => {
    run = runs.borrow(pageSizeBytes);
    return run;
  };
  const decoder = new LtxDecoder({ openRun }, runs);
  try {
    for (const _ of decoder.push(bytes));
    return finish(file, decoder);
  } finally {
    if (run !== undefined) runs.giveBack(run);
  }
}

function finish(file: LtxFileId, decoder: LtxDecoder): VerifiedLtx {
  const verified = decoder.finish();
  requireTxids(verified.header, file);
  return verified;
}

/** Throws LtxError `header-invalid` when a header does not belong to a file's name. */
export function requireTxids(header: Pick<LtxFileId, 'minTxid' | 'maxTxid'>, file: LtxFileId): void {
  if (header.minTxid === file.minTxid && header.maxTxid === file.maxTxid) return;
  throw new LtxError('header-invalid', 'Cannot use LTX file: its header has other TXIDs than its name');
}
