import { type DecodedPages, LtxDecoder } from '../../format/ltx/decoder.ts';
import { ltxHeaderBytes } from '../../format/ltx/header.ts';
import { LtxError } from '../../format/ltx/ltx-error.ts';
import type { PageRun } from '../../kernel/kernels.ts';
import type { LtxFileId } from '../../replica/replica-client.ts';
import type { PageRuns } from '../page-runs.ts';
import type { FrameSource } from './frame-source.ts';
import { requireTxids } from './verify-file.ts';

/** A large file that goes by once: each of its frames is decoded and verified on the way, also those that nobody takes. */
export class StreamedFrames implements FrameSource {
  readonly #file: LtxFileId;
  readonly #chunks: AsyncGenerator<Uint8Array, void, undefined>;
  readonly #runs: PageRuns;
  readonly #decoder: LtxDecoder;
  #run: PageRun | undefined;
  #decoding: Iterator<DecodedPages> | undefined;
  /** Frames decoded and not passed yet: the next one's position in the run, in its frames, and in the file. */
  #batchCount = 0;
  #at = 0;
  #framesAt = 0;
  #offset = ltxHeaderBytes;

  constructor(file: LtxFileId, chunks: AsyncGenerator<Uint8Array, void, undefined>, runs: PageRuns) {
    this.#file = file;
    this.#chunks = chunks;
    this.#runs = runs;
    const openRun = (pageSizeBytes: number): PageRun => {
      this.#run = runs.borrow(pageSizeBytes);
      return this.#run;
    };
    this.#decoder = new LtxDecoder({ openRun }, { kernels: runs.kernels });
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
    await this.#chunks.return();
    if (this.#run !== undefined) this.#runs.giveBack(this.#run);
    this.#run = undefined;
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
    for (; this.#at < this.#batchCount; this.#at++) {
      const run = this.#run!;
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
    for (; this.#at < this.#batchCount; this.#at++) this.#offset += this.#run!.frameSizes[this.#at]!;
    for (;;) {
      const batch = this.#decoding?.next();
      if (batch !== undefined && !batch.done) {
        this.#batchCount = batch.value.pageCount;
        this.#at = 0;
        this.#framesAt = 0;
        return true;
      }
      this.#batchCount = 0;
      this.#at = 0;
      const { value: chunk, done } = await this.#chunks.next();
      if (done) return false;
      this.#decoding = this.#decoder.push(chunk);
    }
  }
}
