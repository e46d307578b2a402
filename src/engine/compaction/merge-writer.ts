import type { LtxEncoder } from '../../format/ltx/encoder.ts';
import { ltxHeaderBytes } from '../../format/ltx/header.ts';
import { LtxError } from '../../format/ltx/ltx-error.ts';
import { decodePageFrames } from '../../format/ltx/page-frames.ts';
import type { Kernels, PageRun } from '../../kernel/kernels.ts';
import type { ScratchFile } from './scratch-file.ts';

/** Collects frames in a workspace and writes them when it is full. */
export class MergeWriter {
  readonly #encoder: LtxEncoder;
  readonly #output: ScratchFile;
  readonly #kernels: Kernels;
  #pgnos: number[] = [];
  #frameBytes = 0;
  #writtenBytes = ltxHeaderBytes;
  #hasOldFrames = false;

  constructor(encoder: LtxEncoder, output: ScratchFile, kernels: Kernels) {
    this.#encoder = encoder;
    this.#output = output;
    this.#kernels = kernels;
  }

  hasRoom(run: PageRun, sizeBytes: number): boolean {
    return this.#pgnos.length < run.capacity && this.#frameBytes + sizeBytes <= run.frames.length;
  }

  add(run: PageRun, frame: Uint8Array, pgno: number): void {
    run.frames.set(frame, this.#frameBytes);
    this.#frameBytes += frame.length;
    this.#pgnos.push(pgno);
    // The u16 of flags at 4: without bit 0 it is an LZ4 frame, which has to be encoded anew.
    this.#hasOldFrames ||= (frame[5]! & 1) === 0;
  }

  async flush(run: PageRun): Promise<void> {
    if (this.#pgnos.length === 0) return;
    const bytes = this.#encode(run);
    if (this.#pgnos.some((pgno, i) => run.pgnos[i] !== pgno)) {
      throw new LtxError('index-invalid', 'Cannot merge page frames: they are not those of the page indexes');
    }
    await this.#output.writeAt(run.frames.subarray(0, bytes), this.#writtenBytes);
    this.#writtenBytes += bytes;
    this.#pgnos = [];
    this.#frameBytes = 0;
    this.#hasOldFrames = false;
  }

  #encode(run: PageRun): number {
    if (!this.#hasOldFrames) {
      this.#encoder.copyRun(run, this.#frameBytes);
      return this.#frameBytes;
    }
    const { pageCount } = decodePageFrames(run, this.#frameBytes, 0n, { kernels: this.#kernels });
    return this.#encoder.encodeRun(run, pageCount);
  }
}
