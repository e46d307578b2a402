import type { Kernels } from '../../kernel/kernels.ts';
import { checksumOfRegister } from './checksum.ts';
import type { LtxHeader } from './header.ts';
import { LtxError } from './ltx-error.ts';
import { decodeLtxTrailer, type LtxTrailer, ltxTrailerBytes } from './trailer.ts';

/** How much of the trailer the file checksum covers: the post-apply checksum. */
const hashedTrailerBytes = 8;

/**
 * Reads what follows the pages of a file. Every writer encodes an index in the one shortest way, so it must equal, byte
 * for byte, the index made of the pages that went by; nothing of a file's own sizes is ever allocated.
 */
export class TailVerifier {
  readonly #index: Uint8Array;
  readonly #kernels: Kernels;
  readonly #trailer = new Uint8Array(ltxTrailerBytes);
  #indexAt = 0;
  #trailerAt = 0;

  constructor({ index }: { readonly index: Uint8Array }, { kernels }: { readonly kernels: Kernels }) {
    this.#index = index;
    this.#kernels = kernels;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    for (; at < bytes.length && this.#indexAt < this.#index.length; at++, this.#indexAt++) {
      if (bytes[at] !== this.#index[this.#indexAt]) {
        throw new LtxError('index-invalid', 'Cannot read page index: it does not agree with the pages of the file');
      }
    }
    const rest = bytes.subarray(at);
    if (rest.length > ltxTrailerBytes - this.#trailerAt) {
      throw new LtxError('trailer-invalid', 'Cannot read LTX trailer: more bytes follow it');
    }
    this.#trailer.set(rest, this.#trailerAt);
    this.#trailerAt += rest.length;
  }

  /** Compares the file checksum; `register` is that of everything before the index. */
  finish(header: LtxHeader, register: bigint): LtxTrailer {
    if (this.#trailerAt < ltxTrailerBytes) {
      throw new LtxError('truncated', 'Cannot read LTX file: it ends before its trailer does');
    }
    const trailer = decodeLtxTrailer(this.#trailer, header);
    const indexRegister = this.#kernels.crc64(register, this.#index);
    const last = this.#kernels.crc64(indexRegister, this.#trailer.subarray(0, hashedTrailerBytes));
    if (checksumOfRegister(last) !== trailer.fileChecksum) {
      throw new LtxError('checksum-mismatch', 'Cannot use LTX file: its content does not give its file checksum');
    }
    return trailer;
  }
}
