import { copyFile, rename } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { bigCommit, commits, deletion, openTransaction, schema } from '../../support/changes.ts';
import type { Random } from '../../support/random.ts';
import { type CheckpointMode, Writer } from '../../support/writer.ts';
import type { DatabaseShape } from './database-shape.ts';

/** The application of one schedule: what it does to its database, also while nobody replicates it. */
export class Application implements AsyncDisposable {
  readonly #path: string;
  readonly #shape: DatabaseShape;
  readonly #random: Random;
  #writer: Writer | undefined;

  constructor(path: string, shape: DatabaseShape, random: Random) {
    this.#path = path;
    this.#shape = shape;
    this.#random = random;
  }

  /** The connection; a new one after a kill. */
  get writer(): Writer {
    this.#writer ??= new Writer(this.#path, this.#shape.writer);
    return this.#writer;
  }

  async create(): Promise<void> {
    const { pageSizeBytes, autoVacuum, writer } = this.#shape;
    const shaping = [`PRAGMA page_size = ${pageSizeBytes}`, `PRAGMA auto_vacuum = ${autoVacuum}`];
    this.#writer = new Writer(this.#path, { ...writer, setUp: [...shaping, ...(writer.setUp ?? [])] });
    await this.#writer.run(...schema, ...commits(this.#random));
    if (this.#random.chance(0.3)) await this.#writer.run(...bigCommit(this.#random));
  }

  async commit(): Promise<void> {
    await this.writer.run(...commits(this.#random));
  }

  async bigCommit(): Promise<void> {
    await this.writer.run(...bigCommit(this.#random));
  }

  async delete(): Promise<void> {
    await this.writer.run(...deletion(this.#random));
  }

  async checkpoint(mode: CheckpointMode): Promise<void> {
    await this.writer.checkpoint(mode);
    if (this.#random.chance(0.5)) await this.commit();
  }

  /** Ends the process: at rest, in the middle of a transaction, or between two of many. */
  async kill(): Promise<void> {
    const { writer } = this;
    const moment = this.#random.pick(['at rest', 'in a transaction', 'while writing']);
    if (moment === 'in a transaction') await writer.run(...openTransaction());
    if (moment === 'while writing') {
      const statements = Array.from({ length: 30 }, () => commits(this.#random)).flat();
      const running = writer.run(...statements).catch(() => {});
      await sleep(this.#random.int(0, 6));
      await writer.kill();
      await running;
    }
    await writer.kill();
    this.#writer = undefined;
  }

  /** What happens to a database while no sidecar is attached. */
  async changeAlone(): Promise<string> {
    const change = this.#random.pick([
      'commits',
      'checkpointed',
      'restarted',
      'vacuumed',
      'closed',
      'replaced',
      'page size',
    ]);
    if (change === 'page size') await this.#changePageSize();
    else if (change === 'replaced') await this.#replaceByCopy();
    else await this.commit();
    if (change === 'checkpointed') await this.writer.checkpoint(this.#random.pick(['FULL', 'TRUNCATE']));
    if (change === 'restarted') await this.#restartOnce();
    if (change === 'vacuumed') await this.writer.vacuum();
    if (change === 'closed') await this.#close();
    if (this.#random.chance(0.3)) await (this.#random.chance(0.5) ? this.commit() : this.bigCommit());
    return change;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer?.kill();
  }

  /** The last one out removes the WAL; sometimes the next one to open comes only after the sidecar. */
  async #close(): Promise<void> {
    await this.writer.close();
    await this.writer.reopen();
  }

  async #restartOnce(): Promise<void> {
    await this.writer.checkpoint('RESTART');
    await this.commit();
  }

  async #replaceByCopy(): Promise<void> {
    await this.writer.run(...commits(this.#random));
    await this.writer.close();
    await copyFile(this.#path, `${this.#path}.copy`);
    await rename(`${this.#path}.copy`, this.#path);
    await this.writer.reopen();
    if (this.#random.chance(0.7)) await this.commit();
  }

  async #changePageSize(): Promise<void> {
    const pageSizeBytes = this.#random.pick([1_024, 2_048, 4_096]);
    await this.writer.run('PRAGMA journal_mode = DELETE', `PRAGMA page_size = ${pageSizeBytes}`, 'VACUUM');
    await this.writer.run('PRAGMA journal_mode = WAL');
    await this.commit();
  }
}
