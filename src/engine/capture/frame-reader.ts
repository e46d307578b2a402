import {
  decodeWalFrameHeader,
  type WalFrameHeader,
  walFrameBytes,
  walOffsetAfter,
} from '../../format/wal/frame-header.ts';
import { decodeWalHeader, type WalHeader, walHeaderBytes } from '../../format/wal/header.ts';
import { readSalts, sameSalts } from '../../format/wal/salts.ts';
import type { Kernels, WalChecksum } from '../../kernel/kernels.ts';
import { walFrameHeaderBytes } from '../../kernel/limits.ts';
import type { LiveDatabase } from '../../sqlite/live-database.ts';
import { EngineError, positionLost } from '../engine-error.ts';
import type { PageRuns } from '../page-runs.ts';
import type { WalPosition } from './wal-position.ts';

/** One frame of a verified chunk; `page` is valid until the next frame is asked for. */
export type FrameVisitor = (frame: number, pgno: number, commit: number, page: Uint8Array) => void;

/** Reads frames from the WAL in chunks and verifies salts and running checksum of each before anybody sees it. */
export class FrameReader {
  readonly #live: LiveDatabase;
  readonly #kernels: Kernels;
  readonly #chunk: Uint8Array;
  readonly #frameSizeBytes: number;
  readonly #headerBytes = Buffer.alloc(walHeaderBytes);
  readonly #knownHeaderBytes = Buffer.alloc(walHeaderBytes);
  #knownHeader: WalHeader | undefined;

  constructor(live: LiveDatabase, { kernels, walBytes }: Pick<PageRuns, 'kernels' | 'walBytes'>) {
    this.#live = live;
    this.#kernels = kernels;
    this.#frameSizeBytes = walFrameBytes(live.pageSizeBytes);
    this.#chunk = walBytes.subarray(0, Math.floor(walBytes.byteLength / this.#frameSizeBytes) * this.#frameSizeBytes);
  }

  /**
   * Visits the frames after `from` up to number `last` and returns the position after them. Ends earlier, at the end of a
   * transaction, when `enough` says so there. Throws EngineError `frame-unreadable` when a frame is not valid.
   */
  read(
    from: WalPosition,
    last: number,
    visit: FrameVisitor,
    enough: (frame: number) => boolean = () => false,
  ): WalPosition {
    if (last <= from.frameCount) return from;
    const { byteOrder, checksum: start } = this.#header(from);
    let checksum: WalChecksum = from.checksum ?? start;
    const perChunk = this.#chunk.byteLength / this.#frameSizeBytes;
    for (let next = from.frameCount + 1; next <= last; ) {
      const count = Math.min(perChunk, last - next + 1);
      const bytes = this.#chunk.subarray(0, count * this.#frameSizeBytes);
      const readBytes = this.#live.readWal(bytes, walOffsetAfter(next - 1, this.#live.pageSizeBytes));
      const verified =
        readBytes < bytes.byteLength
          ? { frames: 0, checksum }
          : this.#kernels.verifyFrames(bytes, this.#live.pageSizeBytes, from.salts, checksum, byteOrder);
      if (verified.frames < count) {
        throw new EngineError(
          'frame-unreadable',
          `Cannot read frame ${next + verified.frames} of ${this.#live.walPath}: its salts or checksum are wrong`,
        );
      }
      const stop = this.#visitChunk(bytes, next, visit, enough);
      if (stop !== undefined) return { ...from, frameCount: stop.frame, checksum: stop.checksum };
      checksum = verified.checksum;
      next += count;
    }
    return { ...from, frameCount: last, checksum };
  }

  /** Whether a valid frame follows a position: one that no index speaks of yet, or never will. */
  isFollowed(position: WalPosition, header: WalHeader): boolean {
    const offset = walOffsetAfter(position.frameCount, this.#live.pageSizeBytes);
    const head = this.#chunk.subarray(0, walFrameHeaderBytes);
    if (this.#live.readWal(head, offset) < head.byteLength) return false;
    if (!sameSalts(readSalts(head, 8), position)) return false;
    const frame = this.#chunk.subarray(0, this.#frameSizeBytes);
    if (this.#live.readWal(frame, offset) < frame.byteLength) return false;
    const checksum = position.checksum ?? header.checksum;
    return (
      this.#kernels.verifyFrames(frame, this.#live.pageSizeBytes, position.salts, checksum, header.byteOrder).frames ===
      1
    );
  }

  /** The WAL file's own header; undefined when the file is empty or its header is not valid. */
  fileHeader(): WalHeader | undefined {
    const bytes = this.#headerBytes;
    if (this.#live.readWal(bytes, 0) < bytes.byteLength) return undefined;
    if (!bytes.equals(this.#knownHeaderBytes)) {
      const decoded = decodeWalHeader(bytes, { kernels: this.#kernels });
      this.#knownHeader = decoded.state === 'valid' ? decoded.header : undefined;
      bytes.copy(this.#knownHeaderBytes);
    }
    return this.#knownHeader;
  }

  /** A frame's own header, as it was written; undefined when the file ends before it. */
  frameHeader(frame: number): WalFrameHeader | undefined {
    const bytes = new Uint8Array(walFrameHeaderBytes);
    const readBytes = this.#live.readWal(bytes, walOffsetAfter(frame - 1, this.#live.pageSizeBytes));
    return readBytes < bytes.byteLength ? undefined : decodeWalFrameHeader(bytes);
  }

  #visitChunk(
    bytes: Uint8Array,
    first: number,
    visit: FrameVisitor,
    enough: (frame: number) => boolean,
  ): { frame: number; checksum: WalChecksum } | undefined {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0, frame = first; at < bytes.byteLength; at += this.#frameSizeBytes, frame++) {
      const commit = view.getUint32(at + 4);
      visit(frame, view.getUint32(at), commit, bytes.subarray(at + walFrameHeaderBytes, at + this.#frameSizeBytes));
      if (commit !== 0 && enough(frame)) return { frame, checksum: decodeWalFrameHeader(bytes, at).checksum };
    }
    return undefined;
  }

  #header(from: WalPosition): WalHeader {
    const header = this.fileHeader();
    if (header === undefined || !sameSalts(header, from)) {
      throw positionLost(this.#live.path, 'the WAL file belongs to another generation than its index');
    }
    return header;
  }
}
