import type { WalIndexHeader } from '../format/wal/wal-index-header.ts';
import { LiveError } from './live-error.ts';
import { type Connection, isBusy, liveError, openConnection } from './connection.ts';
import type { WalIndex } from './wal-index.ts';

/** How often a mark is taken again to learn exactly where it stands beside a busy writer. */
const maxExactTries = 50;

/** What a read mark protects: the index as it was right after the mark was taken. */
export interface HeldMark {
  readonly index: WalIndexHeader;
  /** True when no commit came in between: the transaction reads the state at `index.mxFrame`, no older one. */
  readonly exact: boolean;
  /**
   * `zero`: everything was copied back, the database file alone is read and the next writer may restart the WAL; `above`:
   * the WAL cannot restart; `unknown`: a commit or a checkpoint came in between.
   */
  readonly kind: 'zero' | 'above' | 'unknown';
}

/** A read-only connection that does nothing but hold read transactions. */
export class ReadMark {
  readonly #path: string;
  readonly #connection: Connection;
  readonly #index: () => WalIndex;
  #held: HeldMark | undefined;

  /** `index` is asked for only after a first read: SQLite makes the `-shm` file then. */
  constructor(path: string, index: () => WalIndex) {
    this.#path = path;
    this.#connection = openConnection(path, { readonly: true });
    this.#index = index;
  }

  get held(): HeldMark | undefined {
    return this.#held;
  }

  /** Runs one read transaction and forgets it: opens the WAL, repairs the index. Throws LiveError. */
  readOnce(): void {
    try {
      this.#connection.pragma('schema_version');
    } catch (error) {
      throw liveError('read', this.#path, error);
    }
  }

  /** One value of a pragma that only reads. */
  pragma(text: string): unknown {
    try {
      return this.#connection.pragma(text, { simple: true });
    } catch (error) {
      throw liveError('read', this.#path, error);
    }
  }

  /** Takes a mark where it falls. Throws LiveError, `busy` while another process recovers or changes modes. */
  take(): HeldMark {
    const before = this.#index().read();
    this.#begin();
    const after = this.#index().read();
    this.#held = heldMark(before, after);
    return this.#held;
  }

  /** Takes a mark and knows exactly which frame it stands at: no commit and no checkpoint came in between. */
  takeExact(): HeldMark {
    for (let tries = 0; tries < maxExactTries; tries++) {
      const held = this.take();
      if (held.exact && held.kind !== 'unknown') return held;
      this.release();
    }
    throw new LiveError('busy', `Cannot hold an exact read mark on ${this.#path}: commits come in too fast`);
  }

  release(): void {
    this.#held = undefined;
    if (this.#connection.inTransaction) this.#connection.exec('rollback');
  }

  close(): void {
    this.#held = undefined;
    this.#connection.close();
  }

  #begin(): void {
    try {
      this.#connection.exec('begin');
      this.#connection.pragma('schema_version'); // the mark is taken by the first read; this one parses no schema
    } catch (error) {
      if (this.#connection.inTransaction) this.#connection.exec('rollback');
      throw liveError(isBusy(error) ? 'hold a read mark on' : 'read', this.#path, error);
    }
  }
}

/**
 * SQLite takes mark 0 when everything is copied back at that moment, and nBackfill only grows within a generation; so two
 * looks that agree tell which mark it was.
 */
function heldMark(before: WalIndexHeader, after: WalIndexHeader): HeldMark {
  const exact =
    before.changeCounter === after.changeCounter &&
    before.mxFrame === after.mxFrame &&
    before.salt1 === after.salt1 &&
    before.salt2 === after.salt2;
  if (!exact) return { index: after, exact, kind: 'unknown' };
  if (after.nBackfill < after.mxFrame) return { index: after, exact, kind: 'above' };
  return { index: after, exact, kind: before.nBackfill === before.mxFrame ? 'zero' : 'unknown' };
}
