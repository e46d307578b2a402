import { readSync } from 'node:fs';
import {
  type DecodedWalIndexHeader,
  decodeWalIndexHeader,
  type WalIndexHeader,
  walIndexHeaderBytes,
} from '../format/wal/wal-index-header.ts';
import { LiveError } from './live-error.ts';

/** How often a torn header is read again before SQLite is asked to repair it. */
const maxTries = 100;

/**
 * Reads the header of the WAL-index, which says what the WAL holds: its file's own header does not. A writer killed between
 * the two copies leaves them unequal for ever; one read through SQLite repairs that.
 */
export class WalIndex {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #repair: () => void;
  readonly #bytes = Buffer.alloc(walIndexHeaderBytes);
  readonly #knownBytes = Buffer.alloc(walIndexHeaderBytes);
  #known: DecodedWalIndexHeader = { state: 'uninitialised' };

  /** `descriptor` is SQLite's own on the `-shm` file; `repair` runs one read transaction. */
  constructor(options: { path: string; descriptor: number }, repair: () => void) {
    this.#path = options.path;
    this.#descriptor = options.descriptor;
    this.#repair = repair;
  }

  /** The current header. Throws LiveError `busy` when it stays unreadable. */
  read(): WalIndexHeader {
    let decoded = this.#tryRead();
    if (decoded.state !== 'valid') {
      this.#repair();
      decoded = this.#tryRead();
    }
    if (decoded.state === 'valid') return decoded.header;
    const code = decoded.state === 'unsupported' ? 'unavailable' : 'busy';
    throw new LiveError(code, `Cannot read the WAL-index of ${this.#path}: it stays ${decoded.state}`);
  }

  #tryRead(): DecodedWalIndexHeader {
    let decoded: DecodedWalIndexHeader = { state: 'uninitialised' };
    for (let tries = 0; tries < maxTries; tries++) {
      const length = readSync(this.#descriptor, this.#bytes, 0, this.#bytes.byteLength, 0);
      if (length === walIndexHeaderBytes && this.#bytes.equals(this.#knownBytes)) return this.#known;
      decoded = decodeWalIndexHeader(this.#bytes.subarray(0, length));
      if (decoded.state !== 'valid') continue;
      this.#bytes.copy(this.#knownBytes);
      this.#known = decoded;
      break;
    }
    return decoded;
  }
}
