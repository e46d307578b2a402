import { RegisterCombiner } from '../../kernel/crc64-combine.ts';
import type { Kernels, PageRun } from '../../kernel/kernels.ts';
import { hashedBytesOf } from '../../kernel/limits.ts';
import { type Checksum, checksumOfRegister, unknownChecksum } from './checksum.ts';
import { checkCompleteness } from './completeness.ts';
import { encodeLtxHeader, isSnapshotHeader, type LtxHeader } from './header.ts';
import { LtxError } from './ltx-error.ts';
import { PageChecksumXor } from './page-checksum-xor.ts';
import { endOfPagesBytes } from './page-index.ts';
import { PageIndexBuilder } from './page-index-builder.ts';
import { encodeLtxTrailer, ltxTrailerBytes } from './trailer.ts';

const fullRegister = 0xffff_ffff_ffff_ffffn;

/** What an encoder takes for a header: the flag and the standard checksum fields are the same in every file of ours. */
export type NewLtxHeader = Omit<LtxHeader, 'noChecksum' | 'preApplyChecksum'>;

export interface FinishedLtx {
  /** As it stands in `headerBytes`. */
  readonly header: LtxHeader;
  readonly headerBytes: Uint8Array;
  /** What follows the last page frame. */
  readonly tail: Uint8Array;
  readonly fileSizeBytes: number;
  readonly fileChecksum: Checksum;
}

/**
 * Makes an LTX file of page runs. The caller writes the frames of each run from offset 100 on, then the tail, then the
 * header at offset 0: so nothing of the header, the size of the database least of all, must be known before the end.
 */
export class LtxEncoder {
  readonly #pageSizeBytes: number;
  readonly #kernels: Kernels;
  readonly #index: PageIndexBuilder;
  readonly #pages = new PageChecksumXor();
  readonly #combiner = new RegisterCombiner();
  #bodyRegister = 0n;
  #finished = false;

  constructor(
    { pageSizeBytes, expectedPages }: { readonly pageSizeBytes: number; readonly expectedPages?: number | undefined },
    { kernels }: { readonly kernels: Kernels },
  ) {
    this.#pageSizeBytes = pageSizeBytes;
    this.#kernels = kernels;
    this.#index = new PageIndexBuilder(pageSizeBytes, expectedPages);
  }

  get pageCount(): number {
    return this.#index.count;
  }

  /** The XOR of the checksums of all pages so far: the database checksum once every page went by. */
  get pagesChecksum(): Checksum {
    return this.#pages.checksum;
  }

  /**
   * Takes a run whose frames, sizes and checksums were made elsewhere, its register from 0n on. The frames are to be
   * written next.
   */
  addRun(run: PageRun, pageCount: number, register: bigint): void {
    this.#checkRun(run);
    this.#index.checkNext(run.pgnos, pageCount);
    this.#index.add(run.pgnos, run.frameSizes, pageCount);
    this.#pages.add(run.checksums, pageCount);
    const hashedBytes = hashedBytesOf(pageCount, run.pageSize);
    this.#bodyRegister = this.#combiner.combine(this.#bodyRegister, register, hashedBytes);
  }

  /** Throws LtxError when header and pages do not fit together, also when a snapshot's pages do not give its checksum. */
  finish(newHeader: NewLtxHeader): FinishedLtx {
    this.#checkOpen();
    const header = this.#completeHeader(newHeader);
    checkCompleteness(header, this.#index);
    const headerBytes = encodeLtxHeader(header);
    const tail = this.#encodeTail(headerBytes);
    this.#finished = true;
    return {
      header,
      headerBytes,
      tail: tail.bytes,
      fileSizeBytes: this.#index.endOffset + tail.bytes.length,
      fileChecksum: tail.fileChecksum,
    };
  }

  #completeHeader(newHeader: NewLtxHeader): LtxHeader {
    if (newHeader.pageSizeBytes !== this.#pageSizeBytes) {
      throw new LtxError('header-invalid', `Cannot write LTX header: its pages have ${this.#pageSizeBytes} bytes`);
    }
    const before = newHeader.checksums?.before ?? unknownChecksum;
    let after = newHeader.checksums?.after ?? unknownChecksum;
    if (isSnapshotHeader(newHeader)) {
      if (after === unknownChecksum) after = this.pagesChecksum;
      if (after !== this.pagesChecksum) {
        throw new LtxError('checksum-mismatch', 'Cannot write snapshot: its pages do not give its database checksum');
      }
    }
    return {
      pageSizeBytes: newHeader.pageSizeBytes,
      commit: newHeader.commit,
      minTxid: newHeader.minTxid,
      maxTxid: newHeader.maxTxid,
      timestampMs: newHeader.timestampMs,
      walOffset: newHeader.walOffset,
      walSize: newHeader.walSize,
      salt1: newHeader.salt1,
      salt2: newHeader.salt2,
      epoch: newHeader.epoch,
      noChecksum: true,
      preApplyChecksum: unknownChecksum,
      checksums: { before, after },
    };
  }

  #encodeTail(headerBytes: Uint8Array): { readonly bytes: Uint8Array; readonly fileChecksum: Checksum } {
    const index = this.#index.encode();
    const bytes = new Uint8Array(endOfPagesBytes + index.length + ltxTrailerBytes);
    bytes.set(index, endOfPagesBytes);
    const trailerOffset = endOfPagesBytes + index.length;
    const headRegister = this.#kernels.crc64(fullRegister, headerBytes);
    const bodyRegister = this.#combiner.combine(
      headRegister,
      this.#bodyRegister,
      hashedBytesOf(this.pageCount, this.#pageSizeBytes),
    );
    // The post-apply checksum, the last field that is hashed, is the zero behind the index.
    const register = this.#kernels.crc64(bodyRegister, bytes.subarray(0, trailerOffset + ltxTrailerBytes / 2));
    const fileChecksum = checksumOfRegister(register);
    bytes.set(encodeLtxTrailer({ postApplyChecksum: unknownChecksum, fileChecksum }), trailerOffset);
    return { bytes, fileChecksum };
  }

  #checkRun(run: PageRun): void {
    this.#checkOpen();
    if (run.pageSize !== this.#pageSizeBytes) {
      throw new RangeError(`Cannot encode a run of ${run.pageSize}-byte pages: the file has ${this.#pageSizeBytes}`);
    }
  }

  #checkOpen(): void {
    if (this.#finished) throw new RangeError('Cannot encode LTX file: it is finished');
  }
}
