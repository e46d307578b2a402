import { sameSalts } from '../../format/wal/salts.ts';
import type { WalIndexHeader } from '../../format/wal/wal-index-header.ts';
import type { LiveDatabase } from '../../sqlite/live-database.ts';
import type { HeldMark } from '../../sqlite/read-mark.ts';
import { EngineError, positionLost } from '../engine-error.ts';
import { CapturedPages } from './captured-pages.ts';
import type { FrameReader } from './frame-reader.ts';
import type { PageSlabs } from './page-slabs.ts';
import { startOfGeneration, type WalPosition } from './wal-position.ts';

/** Where a capture began and ended, as the WAL fields of an LTX header. */
export interface CapturedSpan {
  readonly salt1: number;
  readonly salt2: number;
  /** Frames before the first one captured, in the last generation captured from. */
  readonly firstFrame: number;
  readonly lastFrame: number;
}

/**
 * Follows the WAL under the read marks of one attachment: copies new frames into memory and moves on when an application
 * restarts the WAL. Its position is what the marks may be given up for, so what it holds must reach a durable file.
 */
export class WalCapture {
  readonly pages: CapturedPages;
  readonly frames: FrameReader;
  readonly #live: LiveDatabase;
  #position: WalPosition;
  #seen: WalIndexHeader | undefined;
  #spanStart = 0;

  constructor(live: LiveDatabase, position: WalPosition, frames: FrameReader, slabs: PageSlabs) {
    this.#live = live;
    this.#position = position;
    this.#spanStart = position.frameCount;
    this.pages = new CapturedPages(live.pageSizeBytes, slabs);
    this.frames = frames;
  }

  /** Everything up to here has been copied out. */
  get position(): WalPosition {
    return this.#position;
  }

  get span(): CapturedSpan {
    const { salt1, salt2, frameCount } = this.#position;
    return { salt1, salt2, firstFrame: this.#spanStart, lastFrame: frameCount };
  }

  /** Whether frames were passed since the last `written`, also when none of them is held in memory. */
  get hasNews(): boolean {
    return this.pages.pageCount > 0 || this.pages.commit !== 0;
  }

  /** The index as it was followed last. */
  get seen(): WalIndexHeader {
    return this.#seen ?? this.follow();
  }

  /** Reads the index and goes over into the generation it describes, if nothing can have been missed; else throws `position-lost`. */
  follow(): WalIndexHeader {
    const index = this.#live.index();
    this.#seen = index;
    const { held } = this.#live;
    if (sameSalts(index, this.#position)) {
      if (index.mxFrame < this.#position.frameCount) {
        throw positionLost(
          this.#live.path,
          `it ends at frame ${index.mxFrame}, before frame ${this.#position.frameCount} that was copied`,
        );
      }
      return index;
    }
    const missed = this.#missedSince(held, index);
    if (missed !== undefined) throw positionLost(this.#live.path, missed);
    this.#position = startOfGeneration(index);
    this.#spanStart = 0;
    return index;
  }

  /** Whether every frame that an earlier index spoke of was copied out. */
  hasPassed(index: WalIndexHeader): boolean {
    return !sameSalts(index, this.#position) || index.mxFrame <= this.#position.frameCount;
  }

  /** How many frames lie ahead. Throws EngineError `position-lost`. */
  backlogFrames(index = this.follow()): number {
    return index.mxFrame - this.#position.frameCount;
  }

  /**
   * Copies what is new into memory, whole transactions, until `limitBytes` of pages are held; returns whether everything
   * was copied. Throws EngineError `position-lost` or `frame-unreadable`.
   */
  capture(limitBytes: number, index = this.follow()): boolean {
    this.#read(index, index.mxFrame, limitBytes);
    return this.#position.frameCount === index.mxFrame;
  }

  /** Copies what is new up to a place at or before the end of the WAL, under a mark that stands there. */
  captureTo(place: WalPosition): void {
    const index = this.follow();
    if (sameSalts(index, place)) this.#read(index, place.frameCount, Number.POSITIVE_INFINITY);
  }

  /** Moves on to a place whose frames were copied by other means: straight from the WAL into a file, or by a scan. */
  moveTo(position: WalPosition): void {
    this.#position = position;
    this.written();
  }

  /** Forgets what is held in memory: it stands in a durable file. */
  written(): void {
    this.pages.clear();
    this.#spanStart = this.#position.frameCount;
  }

  #read(index: WalIndexHeader, last: number, limitBytes: number): void {
    this.#position = this.#twice(index, () =>
      this.frames.read(
        this.#position,
        last,
        (_frame, pgno, commit, page) => {
          this.pages.set(pgno, page);
          if (commit !== 0) this.pages.endTransaction(commit);
        },
        () => this.pages.sizeBytes >= limitBytes,
      ),
    );
  }

  /** A frame that is not valid while it is being looked at may be valid a moment later. */
  #twice(index: WalIndexHeader, read: () => WalPosition): WalPosition {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'frame-unreadable') throw error;
    }
    const now = this.#live.index();
    if (!sameSalts(now, index)) throw positionLost(this.#live.path, 'frames were overwritten before they were copied');
    return read();
  }

  /**
   * What speaks against going on at frame 1 of another generation. Salts do not tell the order of generations: a restart
   * counts the first one up, TRUNCATE does so each time, and a connection that never checkpointed picks new ones for the
   * first frame of an empty WAL. The mark does: under mark 0 nothing is copied back, and a generation that has frames
   * cannot restart before it is, so at most one with frames follows the one the mark was taken in.
   */
  #missedSince(held: HeldMark, index: WalIndexHeader): string | undefined {
    if (!sameSalts(held.index, this.#position)) {
      if (sameSalts(held.index, index) || held.index.mxFrame === 0) return undefined;
      return 'it was restarted more than once';
    }
    if (held.kind === 'above') return 'it was restarted although a read mark was held';
    if (this.#position.frameCount < held.index.mxFrame) return 'it was restarted before all frames were copied';
    if (index.nBackfill > 0) return 'frames were copied back although read mark 0 was held';
    return undefined;
  }
}
