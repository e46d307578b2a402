import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { type RestoreResult, restore, Store, type StoreOptions } from '../../src/index.ts';
import { type LogLine, recordingLogger } from '../service/recording-logger.ts';

/** A service that keeps a database of its own, in this process, and backs it up with the library. */
export class LibraryScene {
  readonly folder: string;
  readonly path: string;
  readonly replica: string;
  readonly #log = recordingLogger();
  readonly #test: TestContext;

  constructor(test: TestContext) {
    this.#test = test;
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'library-')));
    this.path = join(this.folder, 'app.db');
    this.replica = `file://${join(this.folder, 'replica')}`;
    test.after(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  get lines(): readonly LogLine[] {
    return this.#log.lines;
  }

  /** Opens the database with the SQLite of this process. */
  database(): Database.Database {
    const database = new Database(this.path);
    this.#test.after(() => database.close());
    database.pragma('journal_mode = wal');
    database.exec('create table if not exists t (id integer primary key, x)');
    return database;
  }

  async store(options: Partial<StoreOptions> = {}): Promise<Store> {
    const replicas = { url: this.replica, syncIntervalMs: 20 };
    const store = await Store.open({
      databases: [{ path: this.path, replicas }],
      logger: this.#log.logger,
      shutdownTimeoutMs: 2_000,
      ...options,
    });
    this.#test.after(() => store.close({ signal: AbortSignal.timeout(5_000) }));
    return store;
  }

  /** Restores the newest state beside the database; resolves to what SQLite finds in it. */
  async restored(name = 'restored.db'): Promise<readonly unknown[]> {
    const output = join(this.folder, name);
    const result: RestoreResult = await restore({ replicas: this.replica, output, integrityCheck: 'full' });
    if (result.outcome !== 'restored') throw new Error(`Cannot read ${output}: ${result.outcome}`);
    const database = new Database(output, { readonly: true });
    try {
      return rowsOf(database);
    } finally {
      database.close();
    }
  }

  /** The names of everything but what replication keeps. */
  entries(): string[] {
    return readdirSync(this.folder).sort();
  }
}

export function append(database: Database.Database): void {
  database.prepare('insert into t (x) values (hex(randomblob(200)))').run();
}

export function rowsOf(database: Database.Database): readonly unknown[] {
  return database.prepare('select id, x from t order by id').all();
}
