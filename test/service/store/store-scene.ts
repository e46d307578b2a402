import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { defaultSettings } from '../../../src/config/defaults.ts';
import { replicaAt } from '../../../src/config/directory-databases.ts';
import type { DatabaseConfig, DirectoryConfig } from '../../../src/config/normal-config.ts';
import { restore } from '../../../src/engine/restore/restore.ts';
import { openReplica } from '../../../src/replica/open-replica.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { processServices } from '../../../src/service/compose.ts';
import { openStore } from '../../../src/service/store/open-store.ts';
import type { Store } from '../../../src/service/store/store.ts';
import type { StoreEvent, StoreOptions } from '../../../src/service/store/store-options.ts';
import { Application } from '../../sqlite/application.ts';
import { recordingLogger } from '../recording-logger.ts';

const syncIntervalMs = 20;

/** A folder with databases, applications that write them, and stores that replicate them. */
export class StoreScene {
  readonly folder: string;
  readonly events: StoreEvent[] = [];
  readonly #log = recordingLogger();
  readonly #ends: (() => Promise<unknown> | unknown)[] = [];
  #restores = 0;

  constructor(test: TestContext) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'store-')));
    test.after(() => this.#cleanUp());
  }

  /** What was begun last ends first, and all of it before the folder goes. */
  async #cleanUp(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get lines() {
    return this.#log.lines;
  }

  get messages(): string[] {
    return this.#log.lines.map(({ message }) => message);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  replicaPath(name: string): string {
    return join(this.folder, 'replicas', name);
  }

  database(name: string, changes: Partial<DatabaseConfig> = {}): DatabaseConfig {
    return {
      ...defaultSettings,
      path: this.path(name),
      metaPath: this.path(`.${name}-litestream`),
      replicas: [replicaAt({ type: 'file', path: this.replicaPath(name) }, syncIntervalMs)],
      ...changes,
    };
  }

  directory(changes: Partial<DirectoryConfig> = {}): DirectoryConfig {
    return {
      directory: this.path('data'),
      pattern: '*.db',
      recursive: true,
      watch: true,
      meta: { kind: 'beside' },
      replicas: [replicaAt({ type: 'file', path: this.path('replicas') }, syncIntervalMs)],
      settings: defaultSettings,
      ...changes,
    };
  }

  store(options: Partial<StoreOptions>, services: { readonly shardProgram?: URL } = {}): Store {
    const shutdown = { timeoutMs: 2_000, retryMs: 50 };
    const onEvent = (event: StoreEvent) => this.events.push(event);
    const { logger } = this.#log;
    const store = openStore({ databases: [], shutdown, onEvent, ...options }, { logger, ...services });
    this.#ends.push(() => store.stop({ signal: AbortSignal.timeout(5_000) }));
    return store;
  }

  /** An application with an append-only table of `rows` rows. */
  async application(name: string, rows = 0): Promise<Application> {
    const application = new Application(this.path(name), { timeoutMs: 5_000 });
    this.#ends.push(() => application.kill());
    await application.run('pragma journal_mode = wal', 'create table if not exists t (id integer primary key, x)');
    for (let i = 0; i < rows; i++) await append(application);
    return application;
  }

  /** How many rows a restore of the newest state has. */
  async restoredRows(name: string): Promise<number> {
    this.#restores += 1;
    const outputPath = this.path(`restored-${this.#restores}`);
    const services = processServices({ logger: silentLogger });
    const client = openReplica(this.replicaPath(name), services);
    try {
      const replicas = [{ name: 'file', client }];
      await restore({ replicas, target: { kind: 'newest' }, outputPath, integrityCheck: 'full' }, services);
    } finally {
      await client.close();
    }
    await using application = new Application(outputPath);
    const [row] = await application.run('select count(*) from t');
    return Number(row?.[0]);
  }
}

export async function append(application: Application): Promise<void> {
  await application.run('insert into t (x) values (hex(randomblob(200)))');
}

/** The processes of shards that a process has started. */
export function shardPids(parent = process.pid): number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const isChild = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      return isChild && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('shard-main');
    } catch {
      return false;
    }
  });
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}

/** The only element. */
export function only<T>(values: readonly T[]): T {
  assert.equal(values.length, 1);
  return values[0]!;
}
