import { lockPgno } from '../../format/database/lock-page.ts';
import { sameSalts } from '../../format/wal/salts.ts';
import type { PageRun } from '../../kernel/kernels.ts';
import type { LiveDatabase } from '../../sqlite/live-database.ts';
import type { HeldMark, ReadMark } from '../../sqlite/read-mark.ts';
import type { FrameReader } from '../capture/frame-reader.ts';
import { type NewestFrames, WalPages } from '../capture/wal-pages.ts';
import { endOfIndex, startOfGeneration, type WalPosition } from '../capture/wal-position.ts';
import { positionLost } from '../engine-error.ts';
import type { PageSource } from '../page-source.ts';

/**
 * One consistent state of a whole live database, read beside its writers under a read mark of its own, held to the end. At
 * mark 0 the database file alone is that state; above it, frames up to the mark come first. With the marks of the steady
 * state, which move, a scan would mix states.
 */
export class DatabaseScan {
  readonly #live: LiveDatabase;
  readonly #mark: ReadMark;
  readonly #held: HeldMark;
  readonly #newest: NewestFrames | undefined;

  private constructor(live: LiveDatabase, mark: ReadMark, held: HeldMark, newest: NewestFrames | undefined) {
    this.#live = live;
    this.#mark = mark;
    this.#held = held;
    this.#newest = newest;
  }

  /** Takes the mark. Throws LiveError `busy`, EngineError; to be closed by the caller. */
  static begin(live: LiveDatabase, frames: FrameReader): DatabaseScan {
    const mark = live.openScanMark();
    try {
      const held = mark.takeExact();
      if (held.kind === 'zero') return new DatabaseScan(live, mark, held, undefined);
      const pages = new WalPages(live);
      frames.read(startOfGeneration(held.index), held.index.mxFrame, (frame, pgno, commit) =>
        pages.add(frame, pgno, commit),
      );
      return new DatabaseScan(live, mark, held, pages.newest());
    } catch (error) {
      mark.close();
      throw error;
    }
  }

  /** The place in the WAL whose state is read. */
  get position(): WalPosition {
    return endOfIndex(this.#held.index);
  }

  /** The size of the database, in pages. */
  get commit(): number {
    return this.#held.index.pageCount;
  }

  /** Every page but the lock page. */
  source(): PageSource {
    const lock = lockPgno(this.#live.pageSizeBytes);
    let next = 1;
    let overlay = 0;
    const fill = async (run: PageRun) => {
      if (next === lock) next++;
      const last = next < lock ? Math.min(this.commit, lock - 1) : this.commit;
      const count = Math.max(0, Math.min(run.capacity, last - next + 1));
      if (count === 0) return 0;
      await this.#readFile(run, next, count);
      overlay = this.#overlay(run, next, count, overlay);
      for (let i = 0; i < count; i++) run.pgnos[i] = next + i;
      next += count;
      return count;
    };
    return { fill };
  }

  /** Throws EngineError `position-lost` when the state did not hold still: to be called before what was read is used. */
  check(): void {
    if (this.#held.kind === 'above' && !sameSalts(this.#live.index(), this.#held.index)) {
      throw positionLost(this.#live.path, 'it was restarted during a scan');
    }
  }

  close(): void {
    this.#mark.close();
  }

  async #readFile(run: PageRun, first: number, count: number): Promise<void> {
    const target = run.pages.subarray(0, count * run.pageSize);
    const readBytes = await this.#live.readDatabase(target, (first - 1) * run.pageSize);
    target.fill(0, readBytes);
    const missing = first + Math.ceil(readBytes / run.pageSize);
    if (this.#newest === undefined && readBytes < target.byteLength) {
      throw positionLost(this.#live.path, `the database file ends before page ${missing}`);
    }
  }

  /** Puts the newest frames over what the file has; returns where the next call goes on. */
  #overlay(run: PageRun, first: number, count: number, from: number): number {
    if (this.#newest === undefined) return from;
    const { pgnos } = this.#newest;
    let at = from;
    for (; at < pgnos.length && pgnos[at]! < first + count; at++) {
      const i = pgnos[at]! - first;
      if (i >= 0) this.#newest.readPage(at, run.pages.subarray(i * run.pageSize, (i + 1) * run.pageSize));
    }
    return at;
  }
}
