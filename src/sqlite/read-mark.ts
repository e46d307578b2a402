import { sameSalts } from '../format/wal/salts.ts';
import type { WalIndexHeader } from '../format/wal/wal-index-header.ts';
import { type Connection, isBusy, liveError, openConnection } from './connection.ts';
import { LiveError } from './live-error.ts';
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
   * the WAL cannot restart; `unknown`: a commit or a checkpoint came in between. Of a `zero` that is not the attachment's
   * own the database file alone is the state too, yet the WAL may be kept from restarting.
   */
  readonly kind: 'zero' | 'above' | 'unknown';
}

/** A connection that holds read transactions. */
export class ReadMark {
  readonly #path: string;
  readonly #connection: Connection;
  readonly #index: () => WalIndex;
  #held: HeldMark | undefined;

  private constructor(path: string, connection: Connection, index: () => WalIndex) {
    this.#path = path;
    this.#connection = connection;
    this.#index = index;
  }

  /** `index` is asked for only after a first read: SQLite makes the `-shm` file then. Throws LiveError. */
  static open(path: string, index: () => WalIndex): ReadMark {
    return ReadMark.on(openConnection(path, { readonly: true }), path, index);
  }

  /** A mark held by a connection that is there, and that `close` closes. */
  static on(connection: Connection, path: string, index: () => WalIndex): ReadMark {
    return new ReadMark(path, connection, index);
  }

  get held(): HeldMark | undefined {
    return this.#held;
  }

  /** Runs one read transaction and forgets it: opens the WAL, repairs the index. Throws LiveError. */
  readOnce(): void {
    this.pragma('schema_version');
  }

  /** Gives memory back that only queries need: one connection a database stays open for good. */
  shrink(): void {
    this.#connection.exec('pragma cache_size = 0; pragma writable_schema = reset; pragma shrink_memory');
  }

  /** One value of a pragma that only reads. */
  pragma(text: string): unknown {
    try {
      return this.#connection.pragma(text, { simple: true });
    } catch (error) {
      throw liveError('read', this.#path, error);
    }
  }

  /**
   * Takes a mark where it falls; `before`: the index a moment ago. Throws LiveError, `busy` while another process recovers or
   * changes modes.
   */
  take(before = this.#index().read()): HeldMark {
    try {
      // The mark is taken by the first read; this one parses no schema, and `exec` leaves no statement behind.
      this.#connection.exec('begin; pragma schema_version');
      this.#held = heldMark(before, this.#sized(this.#index().read()));
      return this.#held;
    } catch (error) {
      this.release();
      throw liveError(isBusy(error) ? 'hold a read mark on' : 'read', this.#path, error);
    }
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

  /** To be called when the kernel shows that this process holds a mark above 0. */
  doubtZero(): void {
    if (this.#held?.kind === 'zero') this.#held = { ...this.#held, kind: 'unknown' };
  }

  release(): void {
    this.#held = undefined;
    if (this.#connection.inTransaction) this.#connection.exec('rollback');
  }

  close(): void {
    this.#held = undefined;
    this.#connection.close();
  }

  /** The index of a WAL without frames says nothing about the size of the database until something was written. */
  #sized(index: WalIndexHeader): WalIndexHeader {
    if (index.pageCount !== 0) return index;
    return { ...index, pageCount: Number(this.#connection.pragma('page_count', { simple: true })) };
  }
}

/**
 * SQLite takes mark 0 when everything is copied back at that moment, and nBackfill only grows within a generation; so two
 * looks that agree tell which mark it was, but for one case: a checkpointer that has copied the last frame and still holds
 * the lock on mark 0 makes SQLite take another (test/sqlite/read-mark.test.ts).
 */
function heldMark(before: WalIndexHeader, after: WalIndexHeader): HeldMark {
  const exact =
    before.changeCounter === after.changeCounter && before.mxFrame === after.mxFrame && sameSalts(before, after);
  if (!exact) return { index: after, exact, kind: 'unknown' };
  if (after.nBackfill < after.mxFrame) return { index: after, exact, kind: 'above' };
  return { index: after, exact, kind: before.nBackfill === before.mxFrame ? 'zero' : 'unknown' };
}
