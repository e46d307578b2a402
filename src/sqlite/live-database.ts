import { sameSalts } from '../format/wal/salts.ts';
import type { WalIndexHeader } from '../format/wal/wal-index-header.ts';
import type { AttachedFiles } from './attached-files.ts';
import { Checkpointer } from './checkpointer.ts';
import { DatabaseFiles } from './database-files.ts';
import { nextDescriptors } from './descriptors.ts';
import { explainExclusive } from './exclusive-holder.ts';
import type { FileIdentity } from './file-identity.ts';
import { LiveError } from './live-error.ts';
import { locateDatabase } from './locate-database.ts';
import { type HeldMark, ReadMark } from './read-mark.ts';
import { WalIndex } from './wal-index.ts';

/** A place in the WAL up to which frames have been copied out. */
export interface CopiedFrames {
  /** The raw first salt of their generation. */
  readonly salt1: number;
  readonly frameCount: number;
}

/**
 * One attached database: its read mark, its WAL-index and its files. A mark is given up only for frames that were copied
 * out. Single-threaded; the connection that holds it is read-only and closed last, so that a stop never checkpoints.
 */
export class LiveDatabase {
  /** The resolved path: SQLite names `-wal` and `-shm` after it. */
  readonly path: string;
  readonly identity: FileIdentity;
  readonly #attached: AttachedFiles;
  #files: DatabaseFiles | undefined;
  #index: WalIndex | undefined;
  #mark: ReadMark | undefined;
  #checkpointer: Checkpointer | undefined;
  /** On the checkpointer's connection: holds on while the mark moves. */
  #bridge: ReadMark | undefined;
  #confirmed: HeldMark | undefined;
  #pageSizeBytes = 0;
  #closed = false;

  private constructor(path: string, identity: FileIdentity, attached: AttachedFiles) {
    this.path = path;
    this.identity = identity;
    this.#attached = attached;
  }

  /**
   * Attaches a database that is in WAL mode and takes a read mark before anything else is looked at. Throws LiveError with
   * nothing left open.
   */
  static open(path: string, attached: AttachedFiles): LiveDatabase {
    const { identity, realPath } = locateDatabase(path);
    attached.attach(identity, path);
    const live = new LiveDatabase(realPath, identity, attached);
    try {
      live.#start();
      return live;
    } catch (error) {
      const explained = explainExclusive(path, identity, error);
      live.close();
      throw explained;
    }
  }

  get walPath(): string {
    return `${this.path}-wal`;
  }

  get pageSizeBytes(): number {
    return this.#pageSizeBytes;
  }

  /** The mark held now: there always is one while the database is attached. */
  get held(): HeldMark {
    const mark = this.#holding();
    this.#confirmZero(mark);
    return mark.held ?? this.#refuse('use the read mark of');
  }

  /** False after a mark was given up and no other could be taken. */
  get isMarkHeld(): boolean {
    return this.#mark?.held !== undefined || this.#bridge?.held !== undefined;
  }

  /** The WAL-index as it stands. */
  index(): WalIndexHeader {
    return this.#walIndex().read();
  }

  /**
   * Moves the mark to the present end of the WAL. Refused (false) unless every frame the mark protects has been copied out.
   * Another connection holds on meanwhile, so that there is no moment without a mark, and the new one is in another slot of the
   * WAL-index: a checkpoint that waits for a mark waits for its slot, whatever mark is in it by then. `now`: the index a moment
   * ago. Throws LiveError, with a mark kept.
   */
  advance(copied: CopiedFrames, now = this.index()): boolean {
    const mark = this.#mark ?? this.#refuse('advance the read mark of');
    if (!this.#isCovered(copied, now)) return false;
    if (this.#bridge?.held === undefined && this.#isAtEnd(now)) return true;
    this.checkpointer();
    const bridge = this.#bridge!;
    const before = bridge.held === undefined ? bridge.take(now).index : now;
    mark.release();
    mark.take(before); // when it cannot be taken, the bridge holds on until the next call
    bridge.release();
    return true;
  }

  /**
   * Whether the mark lets a checkpoint begin without waiting: at 0, or at the end of a WAL of which frames that it protects are not
   * copied back, so that they are written to the database file first.
   */
  isOutOfTheWay(now = this.index()): boolean {
    const { kind, index } = this.held;
    if (kind !== 'above') return kind === 'zero';
    return this.#isAtEnd(now) && index.nBackfill < index.mxFrame;
  }

  /** A mark of its own for a scan, to be closed by the caller. */
  openScanMark(): ReadMark {
    return this.#newMark();
  }

  /** The connections that checkpoint, opened on first use. */
  checkpointer(): Checkpointer {
    if (this.#checkpointer === undefined) {
      this.#checkpointer = Checkpointer.open(this.path);
      this.#bridge = ReadMark.on(this.#checkpointer.connection, this.path, () => this.#walIndex());
    }
    return this.#checkpointer;
  }

  /** Keeps the one read-only connection that holds the mark and closes the others. */
  rest(): void {
    if (this.#bridge?.held !== undefined) return;
    this.#closeCheckpointer();
  }

  /** Reads WAL bytes; returns how many there were. */
  readWal(target: Uint8Array, position: number): number {
    return (this.#files ?? this.#refuse('read the WAL of')).readWal(target, position);
  }

  /** Reads bytes of the database file off the event loop; returns how many there were. The attachment outlives the read. */
  readDatabase(target: Uint8Array, position: number): Promise<number> {
    return (this.#files ?? this.#refuse('read')).readDatabase(target, position);
  }

  /** Whether the names still lead to the files that are attached; false after a rename over them or a removal. */
  isInPlace(): boolean {
    return this.#files?.areInPlace() ?? false;
  }

  /** Whether the kernel has the locks this attachment relies on; undefined where it does not show them. */
  hasLocks(): boolean | undefined {
    return this.#files === undefined ? false : this.#files.areLocked();
  }

  /** Idempotent. Nothing is checkpointed: WAL, index and database stay as they are. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeCheckpointer();
    this.#index = undefined;
    this.#mark?.close();
    this.#mark = undefined;
    this.#files?.close();
    this.#files = undefined;
    this.#attached.detach(this.identity);
  }

  #start(): void {
    const likely = nextDescriptors();
    const mark = this.#newMark();
    this.#mark = mark;
    const mode = mark.pragma('journal_mode');
    mark.readOnce();
    if (mode !== 'wal') {
      throw new LiveError('not-wal', `Cannot attach database ${this.path}: it is in mode ${String(mode)}, not WAL`);
    }
    this.#pageSizeBytes = Number(mark.pragma('page_size'));
    mark.shrink();
    this.#files = DatabaseFiles.open(this.path, this.identity, likely, this.#attached);
    this.#index = new WalIndex({ path: this.path, descriptor: this.#files.shmDescriptor }, () => this.#repair());
    mark.take();
  }

  /**
   * An application's RESTART or TRUNCATE waits for every mark but 0, so at rest "zero" must be certain. Under the barrier,
   * which has a mark of its own, that cannot be told yet.
   */
  #confirmZero(mark: ReadMark): void {
    const { held } = mark;
    if (held?.kind !== 'zero' || held === this.#confirmed || this.#checkpointer?.isBarrierRaised === true) return;
    this.#confirmed = held;
    if (this.#files?.hasMarkAbove() === true) mark.doubtZero();
  }

  /**
   * Whether copied frames include all that the held mark protects. Salts of a later generation say nothing about how far on
   * it is (the first writer after a TRUNCATE picks them at random); but copies that are of the WAL's present generation,
   * while the mark is of another, are newer than the mark, and whoever follows the WAL passed all before them.
   */
  #isCovered(copied: CopiedFrames, now: WalIndexHeader): boolean {
    const { index } = this.held;
    if (index.mxFrame === 0) return true;
    if (copied.salt1 === index.salt1) return copied.frameCount >= index.mxFrame;
    return copied.salt1 === now.salt1;
  }

  /** Whether a mark taken at `now` would stand where this one does. */
  #isAtEnd(now = this.index()): boolean {
    const { kind, index } = this.held;
    return (
      kind !== 'unknown' &&
      index.changeCounter === now.changeCounter &&
      index.mxFrame === now.mxFrame &&
      index.nBackfill === now.nBackfill &&
      sameSalts(index, now)
    );
  }

  #holding(): ReadMark {
    const bridge = this.#bridge?.held === undefined ? undefined : this.#bridge;
    return bridge ?? this.#mark ?? this.#refuse('use the read mark of');
  }

  #newMark(): ReadMark {
    return ReadMark.open(this.path, () => this.#walIndex());
  }

  #walIndex(): WalIndex {
    return this.#index ?? this.#refuse('read the WAL-index of');
  }

  #closeCheckpointer(): void {
    this.#checkpointer?.close();
    this.#checkpointer = undefined;
    this.#bridge = undefined;
  }

  #repair(): void {
    const mark = this.#newMark();
    try {
      mark.readOnce();
    } finally {
      mark.close();
    }
  }

  #refuse(act: string): never {
    throw new LiveError('unavailable', `Cannot ${act} database ${this.path}: not attached`);
  }
}
