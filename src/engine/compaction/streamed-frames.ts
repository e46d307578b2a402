import { type DecodedPages, LtxDecoder } from '../../format/ltx/decoder.ts';
import { ltxHeaderBytes } from '../../format/ltx/header.ts';
import { LtxError } from '../../format/ltx/ltx-error.ts';
import type { LtxFileInfo } from '../../replica/replica-client.ts';
import { decodeAhead } from '../decode-ahead.ts';
import type { PageRuns } from '../page-runs.ts';
import type { FrameSource } from './frame-source.ts';
import { requireTxids } from './verify-file.ts';

/** A large file that goes by once: each of its frames is decoded and verified on the way, also those that nobody takes. */
export class StreamedFrames implements FrameSource {
  readonly #file: LtxFileInfo;
  readonly #decoder: LtxDecoder;
  readonly #batches: AsyncGenerator<DecodedPages, void, undefined>;
  #batch: DecodedPages | undefined;
  /** The next frame's position in the batch, in its frames, and in the file. */
  #at = 0;
  #framesAt = 0;
  #offset = ltxHeaderBytes;

  constructor(file: LtxFileInfo, chunks: AsyncIterable<Uint8Array>, runs: PageRuns) {
    this.#file = file;
    this.#decoder = new LtxDecoder({}, runs);
    this.#batches = decodeAhead(chunks, this.#decoder, file.sizeBytes, runs);
  }

  take(offset: number, sizeBytes: number): Uint8Array | Promise<Uint8Array> {
    return this.#takeDecoded(offset, sizeBytes) ?? this.#takeLater(offset, sizeBytes);
  }

  async finish(): Promise<void> {
    while (await this.#nextBatch());
    const { header } = this.#decoder.finish();
    requireTxids(header, this.#file);
  }

  async close(): Promise<void> {
    await this.#batches.return();
  }

  async #takeLater(offset: number, sizeBytes: number): Promise<Uint8Array> {
    for (;;) {
      if (!(await this.#nextBatch())) {
        throw new LtxError('index-invalid', 'Cannot read page index: it names a frame that is not in the file');
      }
      const frame = this.#takeDecoded(offset, sizeBytes);
      if (frame !== undefined) return frame;
    }
  }

  #takeDecoded(offset: number, sizeBytes: number): Uint8Array | undefined {
    if (this.#batch === undefined) return undefined;
    const { run, pageCount } = this.#batch;
    for (; this.#at < pageCount; this.#at++) {
      const frameBytes = run.frameSizes[this.#at]!;
      const start = this.#framesAt;
      const isWanted = this.#offset === offset;
      this.#framesAt += frameBytes;
      this.#offset += frameBytes;
      if (!isWanted) continue;
      if (frameBytes !== sizeBytes) break;
      this.#at++;
      return run.frames.subarray(start, start + frameBytes);
    }
    return undefined;
  }

  async #nextBatch(): Promise<boolean> {
    // Batches that are passed over count: the offset of the next frame follows from their sizes.
    if (this.#batch !== undefined) {
      const { run, pageCount } = this.#batch;
      for (; this.#at < pageCount; this.#at++) this.#offset += run.frameSizes[this.#at]!;
    }
    const { value } = await this.#batches.next();
    this.#batch = value ?? undefined;
    this.#at = 0;
    this.#framesAt = 0;
    return this.#batch !== undefined;
  }
}
