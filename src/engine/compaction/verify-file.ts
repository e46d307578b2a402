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
  chunks: AsyncIterable<Uint8Array>,
  { runs, turn, signal }: CallOptions & { readonly runs: PageRuns; readonly turn: Turn },
): Promise<VerifiedLtx> {
  const verifier = new Verifier(file, runs);
  try {
    for await (const chunk of chunks) {
      for (const _ of verifier.decoder.push(chunk)) await turn.share(signal);
    }
    return verifier.finish();
  } finally {
    verifier.close();
  }
}

/** The same for a small file in memory, without pausing. */
export function verifyBytes(file: LtxFileId, bytes: Uint8Array, { runs }: { readonly runs: PageRuns }): VerifiedLtx {
  const verifier = new Verifier(file, runs);
  try {
    for (const _ of verifier.decoder.push(bytes));
    return verifier.finish();
  } finally {
    verifier.close();
  }
}

class Verifier {
  readonly decoder: LtxDecoder;
  readonly #file: LtxFileId;
  readonly #runs: PageRuns;
  #run: PageRun | undefined;

  constructor(file: LtxFileId, runs: PageRuns) {
    this.#file = file;
    this.#runs = runs;
    const openRun = (pageSizeBytes: number): PageRun => {
      this.#run = runs.borrow(pageSizeBytes);
      return this.#run;
    };
    this.decoder = new LtxDecoder({ openRun }, { kernels: runs.kernels });
  }

  finish(): VerifiedLtx {
    const verified = this.decoder.finish();
    requireTxids(verified.header, this.#file);
    return verified;
  }

  close(): void {
    if (this.#run !== undefined) this.#runs.giveBack(this.#run);
  }
}

/** Throws LtxError `header-invalid` when a header does not belong to a file's name. */
export function requireTxids(header: Pick<LtxFileId, 'minTxid' | 'maxTxid'>, file: LtxFileId): void {
  if (header.minTxid === file.minTxid && header.maxTxid === file.maxTxid) return;
  throw new LtxError('header-invalid', 'Cannot use LTX file: its header has other TXIDs than its name');
}
