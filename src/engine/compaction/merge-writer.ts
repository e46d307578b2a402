import type { LtxEncoder } from '../../format/ltx/encoder.ts';
import { ltxHeaderBytes } from '../../format/ltx/header.ts';
import { LtxError } from '../../format/ltx/ltx-error.ts';
import { decodePageFrames } from '../../format/ltx/page-frames.ts';
import type { Kernels, PageRun } from '../../kernel/kernels.ts';
import type { LaneRun, RunLane } from '../run-lane.ts';
import { RunQueue } from '../run-queue.ts';
import type { ScratchFile } from './scratch-file.ts';

/** Frames of a workspace that is full, or the last one. */
interface MergedRun {
  readonly pgnos: readonly number[];
  readonly frameBytes: number;
  readonly register: bigint;
}

/** Collects frames in workspaces; full ones are verified and written beside the filling of others. */
export class MergeWriter {
  readonly #encoder: LtxEncoder;
  readonly #output: ScratchFile;
  readonly #kernels: Kernels;
  readonly #queue: RunQueue<MergedRun>;
  #lent: LaneRun | undefined;
  #pgnos: number[] = [];
  #frameBytes = 0;
  #writtenBytes = ltxHeaderBytes;
  #hasOldFrames = false;

  constructor(encoder: LtxEncoder, output: ScratchFile, { lane, kernels }: { lane: RunLane; kernels: Kernels }) {
    this.#encoder = encoder;
    this.#output = output;
    this.#kernels = kernels;
    this.#queue = new RunQueue(lane, (run, merged) => this.#write(run, merged));
  }

  hasRoom(sizeBytes: number): boolean {
    if (this.#lent === undefined) return false;
    const { capacity, frames } = this.#lent.run;
    return this.#pgnos.length < capacity && this.#frameBytes + sizeBytes <= frames.length;
  }

  /** Makes room: to be awaited before `add` when there is none. */
  async next(): Promise<void> {
    this.#push();
    this.#lent = await this.#queue.next();
  }

  add(frame: Uint8Array, pgno: number): void {
    this.#lent!.run.frames.set(frame, this.#frameBytes);
    this.#frameBytes += frame.length;
    this.#pgnos.push(pgno);
    // The u16 of flags at 4: without bit 0 it is an LZ4 frame, which has to be encoded anew.
    this.#hasOldFrames ||= (frame[5]! & 1) === 0;
  }

  /** Resolves when everything is written. Throws LtxError. */
  async finish(): Promise<void> {
    this.#push();
    await this.#queue.finish();
  }

  /** After this nothing is under way any more. */
  async settle(): Promise<void> {
    await this.#queue.settle();
  }

  #push(): void {
    if (this.#pgnos.length === 0) return;
    const pushed = { pgnos: this.#pgnos, frameBytes: this.#frameBytes };
    this.#queue.push(this.#hasOldFrames ? this.#encodeAnew(this.#lent!, pushed) : this.#verify(this.#lent!, pushed));
    this.#lent = undefined;
    this.#pgnos = [];
    this.#frameBytes = 0;
    this.#hasOldFrames = false;
  }

  async #verify(lent: LaneRun, pushed: Omit<MergedRun, 'register'>): Promise<MergedRun> {
    const { register } = await lent.decode(pushed.frameBytes, 0n);
    return { ...pushed, register };
  }

  async #encodeAnew(lent: LaneRun, { pgnos, frameBytes }: Omit<MergedRun, 'register'>): Promise<MergedRun> {
    const { pageCount } = decodePageFrames(lent.run, frameBytes, 0n, { kernels: this.#kernels });
    return { pgnos, ...(await lent.encode(pageCount, 0n)) };
  }

  async #write(run: PageRun, { pgnos, frameBytes, register }: MergedRun): Promise<void> {
    if (pgnos.some((pgno, i) => run.pgnos[i] !== pgno)) {
      throw new LtxError('index-invalid', 'Cannot merge page frames: they are not those of the page indexes');
    }
    this.#encoder.addRun(run, pgnos.length, register);
    await this.#output.writeAt(run.frames.subarray(0, frameBytes), this.#writtenBytes);
    this.#writtenBytes += frameBytes;
  }
}
