import { RegisterCombiner } from '../../kernel/crc64-combine.ts';
import type { DecodedRun, Kernels, PageRun } from '../../kernel/kernels.ts';
import { type Checksum, unknownChecksum } from './checksum.ts';
import { checkCommitBound, checkCompleteness } from './completeness.ts';
import { decodeLtxHeader, isSnapshotHeader, type LtxHeader, ltxHeaderBytes } from './header.ts';
import { LtxError } from './ltx-error.ts';
import { PageChecksumXor } from './page-checksum-xor.ts';
import { decodePageFrames, maxPageFrameBytes, pageHeaderBytes, scanPageFrame } from './page-frames.ts';
import { endOfPagesBytes, type PageIndex } from './page-index.ts';
import { PageIndexBuilder } from './page-index-builder.ts';
import { TailVerifier } from './tail-verifier.ts';
import type { LtxTrailer } from './trailer.ts';

const fullRegister = 0xffff_ffff_ffff_ffffn;
const defaultRunBytes = 1 << 20;

export interface LtxDecoderOptions {
  /** Gives the workspace once the page size is known; a new one of 1 MiB when left out. */
  readonly openRun?: ((pageSizeBytes: number) => PageRun) | undefined;
}

/** The first `pageCount` pages of a workspace, good until the decoder goes on. */
export interface DecodedPages {
  readonly run: PageRun;
  readonly pageCount: number;
}

/** Frames of a file that wait in `run.frames` to be decoded. */
export interface CollectedFrames {
  readonly run: PageRun;
  readonly frameBytes: number;
  /** Whether the pages end here. */
  readonly isLast: boolean;
}

/** Gives the workspace for the next frames. */
export type NextRun = (pageSizeBytes: number) => PageRun;

export interface VerifiedLtx {
  readonly header: LtxHeader;
  readonly index: PageIndex;
  readonly trailer: LtxTrailer;
  /** The XOR of the page checksums: for a snapshot the database checksum. */
  readonly pagesChecksum: Checksum;
}

/** What exists from the header on. */
interface Body {
  readonly header: LtxHeader;
  /** Where frames are collected; none before the first, and after each batch. */
  run: PageRun | undefined;
  readonly index: PageIndexBuilder;
}

/**
 * Reads an LTX file from start to end in chunks of any size and verifies all of it. Pages are handed out before the end
 * is seen, so whoever keeps them must not count on them before `finish` returned.
 */
export class LtxDecoder {
  readonly #kernels: Kernels;
  readonly #openRun: (pageSizeBytes: number) => PageRun;
  readonly #pages = new PageChecksumXor();
  readonly #combiner = new RegisterCombiner();
  #ownRun: PageRun | undefined;
  /** The start of a header or page frame whose end is in a later chunk; made when there is one. */
  #carry: Uint8Array | undefined;
  #carriedBytes = 0;
  #register = fullRegister;
  #body: Body | undefined;
  #tail: TailVerifier | undefined;
  /** The frames waiting in `run.frames`. */
  #frameCount = 0;
  #frameBytes = 0;

  constructor({ openRun }: LtxDecoderOptions, { kernels }: { readonly kernels: Kernels }) {
    this.#kernels = kernels;
    this.#openRun = openRun ?? ((pageSizeBytes) => kernels.openRun(pageSizeBytes, defaultRunBytes / pageSizeBytes));
  }

  /** Known once 100 bytes were pushed. */
  get header(): LtxHeader | undefined {
    return this.#body?.header;
  }

  /** Takes the next bytes; they are read while the generator runs, which must be run to its end. Throws LtxError. */
  *push(bytes: Uint8Array): Generator<DecodedPages, void, undefined> {
    const nextRun: NextRun = (pageSizeBytes) => {
      this.#ownRun ??= this.#openRun(pageSizeBytes);
      return this.#ownRun;
    };
    for (const { run, frameBytes } of this.collect(bytes, nextRun)) {
      const decoded = decodePageFrames(run, frameBytes, this.#register, { kernels: this.#kernels });
      yield this.#accept(run, decoded);
    }
  }

  /**
   * As `push`, but the caller decodes: each workspace from register 0n, and brings it to `take`, in their order. When it
   * goes on after the last one, all are to have been taken.
   */
  *collect(bytes: Uint8Array, nextRun: NextRun): Generator<CollectedFrames, void, undefined> {
    let rest = bytes;
    if (this.#body === undefined) rest = this.#pushHeader(rest);
    const body = this.#body;
    if (body === undefined) return;
    while (rest.length > 0 && this.#tail === undefined) {
      const piece = this.#nextPiece(body, rest);
      if (piece === undefined) return;
      rest = rest.subarray(piece.takenBytes);
      if (piece.isEnd) {
        if (this.#frameCount > 0) yield this.#handOut(body, true);
        this.#endPages(body, piece.bytes);
      } else {
        if (body.run !== undefined && !this.#hasRoom(body.run, piece.bytes)) yield this.#handOut(body, false);
        body.run ??= nextRun(body.header.pageSizeBytes);
        this.#addFrame(body.run, piece.bytes);
      }
    }
    this.#tail?.push(rest);
  }

  /** Takes what the next workspace of `collect` decoded to. Throws LtxError. */
  take(run: PageRun, decoded: DecodedRun): DecodedPages {
    const register = this.#combiner.combine(this.#register, decoded.register, decoded.hashedBytes);
    return this.#accept(run, { ...decoded, register });
  }

  /** Call it when every byte was pushed. Throws LtxError unless the file is whole and right. */
  finish(): VerifiedLtx {
    if (this.#body === undefined || this.#tail === undefined) {
      throw new LtxError('truncated', 'Cannot read LTX file: it ends before its pages do');
    }
    const { header, index } = this.#body;
    const trailer = this.#tail.finish(header, this.#register);
    const pagesChecksum = this.#pages.checksum;
    if (isSnapshotHeader(header)) {
      for (const after of [header.checksums?.after ?? unknownChecksum, trailer.postApplyChecksum]) {
        if (after !== unknownChecksum && after !== pagesChecksum) {
          throw new LtxError('checksum-mismatch', 'Cannot use snapshot: its pages do not give its database checksum');
        }
      }
    }
    return { header, index: index.toIndex(), trailer, pagesChecksum };
  }

  /** Returns what follows the header. */
  #pushHeader(bytes: Uint8Array): Uint8Array {
    const takenBytes = this.#fillCarry(bytes, ltxHeaderBytes);
    if (this.#carriedBytes === ltxHeaderBytes) {
      const header = decodeLtxHeader(this.#carry!);
      this.#register = this.#kernels.crc64(this.#register, this.#carry!);
      this.#body = {
        header,
        run: undefined,
        index: new PageIndexBuilder(header.pageSizeBytes),
      };
      this.#carry = undefined;
      this.#carriedBytes = 0;
    }
    return bytes.subarray(takenBytes);
  }

  /** The next page frame or the end of the pages; undefined when neither is whole and `bytes` went into the carry. */
  #nextPiece({ header }: Body, bytes: Uint8Array): Piece | undefined {
    const before = this.#carriedBytes;
    const frameBytes = maxPageFrameBytes(header.pageSizeBytes);
    if (before === 0) {
      const piece = scanPiece(bytes, header.pageSizeBytes);
      if (piece === undefined) this.#fillCarry(bytes, frameBytes);
      return piece;
    }
    this.#fillCarry(bytes, frameBytes);
    const piece = scanPiece(this.#carry!.subarray(0, this.#carriedBytes), header.pageSizeBytes);
    if (piece === undefined) return undefined;
    this.#carriedBytes = 0;
    return { ...piece, takenBytes: piece.takenBytes - before };
  }

  /** `limitBytes`: the most that there can be of what it is the start of. */
  #fillCarry(bytes: Uint8Array, limitBytes: number): number {
    this.#carry ??= new Uint8Array(limitBytes);
    const takenBytes = Math.min(bytes.length, limitBytes - this.#carriedBytes);
    this.#carry.set(bytes.subarray(0, takenBytes), this.#carriedBytes);
    this.#carriedBytes += takenBytes;
    return takenBytes;
  }

  #hasRoom(run: PageRun, frame: Uint8Array): boolean {
    return this.#frameCount < run.capacity && this.#frameBytes + frame.length <= run.frames.length;
  }

  #addFrame(run: PageRun, frame: Uint8Array): void {
    if (!this.#hasRoom(run, frame)) {
      throw new LtxError(
        'frame-invalid',
        `Cannot decode page frame: its ${frame.length} bytes do not fit the workspace`,
      );
    }
    run.frames.set(frame, this.#frameBytes);
    this.#frameBytes += frame.length;
    this.#frameCount++;
  }

  #handOut(body: Body, isLast: boolean): CollectedFrames {
    const collected = { run: body.run!, frameBytes: this.#frameBytes, isLast };
    body.run = undefined;
    this.#frameCount = 0;
    this.#frameBytes = 0;
    return collected;
  }

  #accept(run: PageRun, { pageCount, register }: DecodedRun): DecodedPages {
    const { header, index } = this.#body!;
    index.checkNext(run.pgnos, pageCount);
    index.add(run.pgnos, run.frameSizes, pageCount);
    checkCommitBound(header, index);
    this.#pages.add(run.checksums, pageCount);
    this.#register = register;
    return { run, pageCount };
  }

  #endPages({ header, index }: Body, zeros: Uint8Array): void {
    checkCompleteness(header, index);
    this.#register = this.#kernels.crc64(this.#register, zeros);
    this.#tail = new TailVerifier({ index: index.encode() }, { kernels: this.#kernels });
  }
}

interface Piece {
  readonly isEnd: boolean;
  readonly bytes: Uint8Array;
  readonly takenBytes: number;
}

function scanPiece(bytes: Uint8Array, pageSizeBytes: number): Piece | undefined {
  if (bytes.length < pageHeaderBytes) return undefined;
  const isEnd = bytes.subarray(0, endOfPagesBytes).every((byte) => byte === 0);
  const sizeBytes = isEnd ? endOfPagesBytes : scanPageFrame(bytes, pageSizeBytes)?.sizeBytes;
  if (sizeBytes === undefined) return undefined;
  return { isEnd, bytes: bytes.subarray(0, sizeBytes), takenBytes: sizeBytes };
}
