import Database from 'better-sqlite3';
import { type Connection, isBusy, liveError } from './connection.ts';

/** How many databases SQLite attaches to one connection. */
const capacity = 10;

/** Holds several empty databases EXCLUSIVE: each keeps its lock after the transaction that took it. */
export class LockConnection {
  readonly #connection: Connection = new Database(':memory:', { timeout: 0 });
  readonly #free = new Set(Array.from({ length: capacity }, (_, i) => `lock${i}`));

  get hasRoom(): boolean {
    return this.#free.size > 0;
  }

  get isEmpty(): boolean {
    return this.#free.size === capacity;
  }

  /** Returns the name to unlock it by; undefined when somebody has the lock. Throws LiveError. */
  lock(path: string): string | undefined {
    const [schema] = this.#free;
    if (schema === undefined) throw new RangeError(`Cannot lock ${path}: its connection holds ${capacity} locks`);
    try {
      this.#connection.prepare(`attach ? as ${schema}`).run(path);
      this.#free.delete(schema);
      // Nothing is read or written: neither a journal nor a page cache is wanted.
      const settings = ['locking_mode = exclusive', 'journal_mode = memory', 'cache_size = 0'];
      this.#connection.exec(settings.map((setting) => `pragma ${schema}.${setting};`).join(''));
      this.#connection.exec('begin exclusive; rollback');
      return schema;
    } catch (error) {
      if (!this.#free.has(schema)) this.unlock(schema);
      if (isBusy(error)) return undefined;
      throw liveError('lock', path, error);
    }
  }

  unlock(schema: string): void {
    this.#connection.exec(`detach ${schema}`);
    this.#free.add(schema);
  }

  close(): void {
    this.#connection.close();
  }
}
