import { type Connection, isBusy, liveError, openConnection } from './connection.ts';
import { LiveError } from './live-error.ts';

/** What a PASSIVE checkpoint did. */
export interface PassiveCheckpoint {
  /** True when every frame of the WAL has been copied back. */
  readonly complete: boolean;
  readonly walFrames: number;
  readonly copiedBackFrames: number;
}

/**
 * The writable connections of an attachment: one checkpoints, the other, opened when it is needed, holds the writer lock as a
 * barrier. Neither writes pages.
 */
export class Checkpointer {
  readonly connection: Connection;
  readonly #path: string;
  #barrier: Connection | undefined;

  private constructor(path: string, connection: Connection) {
    this.#path = path;
    this.connection = connection;
  }

  /** Throws LiveError. */
  static open(path: string): Checkpointer {
    return new Checkpointer(path, openConnection(path, { readonly: false }));
  }

  /**
   * Copies back what the read marks allow, without waiting for anybody. Undefined when another process is checkpointing, or
   * while `connection` holds a read mark.
   */
  passive(): PassiveCheckpoint | undefined {
    return this.#checkpoint('PASSIVE');
  }

  /** Copies everything back and cuts the WAL file to nothing; undefined when a reader or writer is in the way. */
  truncate(): PassiveCheckpoint | undefined {
    return this.#checkpoint('TRUNCATE');
  }

  get isBarrierRaised(): boolean {
    return this.#barrier?.inTransaction === true;
  }

  /** Tries once to take the writer lock; false when an application has it. Nobody commits until `lowerBarrier`. */
  raiseBarrier(): boolean {
    this.#barrier ??= openConnection(this.#path, { readonly: false });
    try {
      this.#barrier.exec('begin immediate');
      return true;
    } catch (error) {
      if (this.#barrier.inTransaction) this.#barrier.exec('rollback');
      if (isBusy(error)) return false;
      throw liveError('lock', this.#path, error);
    }
  }

  /** Gives the writer lock back; nothing was written. */
  lowerBarrier(): void {
    if (this.#barrier?.inTransaction) this.#barrier.exec('rollback');
  }

  close(): void {
    this.lowerBarrier();
    this.#barrier?.close();
    this.connection.close();
  }

  #checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): PassiveCheckpoint | undefined {
    try {
      const [row] = this.connection.pragma(`wal_checkpoint(${mode})`) as [
        Record<'busy' | 'log' | 'checkpointed', number>,
      ];
      if (row.busy !== 0) return undefined;
      if (row.log < 0)
        throw new LiveError('not-wal', `Cannot checkpoint database ${this.#path}: it is not in WAL mode`);
      return { complete: row.log === row.checkpointed, walFrames: row.log, copiedBackFrames: row.checkpointed };
    } catch (error) {
      if (isBusy(error)) return undefined;
      throw liveError('checkpoint', this.#path, error);
    }
  }
}
