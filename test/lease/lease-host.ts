import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { restore } from '../../src/service/library/restore.ts';
import { cleanUp } from '../engine/clean-up.ts';
import { isStopped } from '../engine/lease/fencing-scene.ts';
import { temporaryFolder } from '../engine/scene.ts';
import { until } from '../engine/until.ts';
import { Application } from '../sqlite/application.ts';
import { type CliResult, litestream } from '../support/litestream-cli.ts';
import type { S3Server } from '../support/s3-server.ts';

const entry = fileURLToPath(new URL('../../bin/litestream.js', import.meta.url));

/** ttl + margin + poll + one request at a ttl of 3 s, ten times over. */
export const takeOverMs = 10 * 6_000;

export interface HostOptions {
  readonly owner: string;
  /** URLs. */
  readonly replicas: readonly string[];
  /** `database`: `app.db`, restored when it is missing. `directory`: all databases of the folder. Default: the former. */
  readonly what?: 'database' | 'directory' | undefined;
  readonly ttl?: string | undefined;
  /** Default: required. */
  readonly leases?: 'required' | 'by-default' | 'off' | undefined;
  /** More lines of the config file. */
  readonly more?: readonly string[] | undefined;
  /** More keys of the database, each as `key: value`. */
  readonly database?: readonly string[] | undefined;
  readonly server?: Pick<S3Server, 'environment' | 'credentials'> | undefined;
}

export interface RestoredFrom {
  /** Its index. Default: the first one. */
  readonly replica?: number | undefined;
  /** Default: the newest. */
  readonly txid?: string | undefined;
  readonly timestamp?: Date | undefined;
}

/** A machine of its own as far as replication is concerned: a folder with a database, a config file and the real command. */
export class LeaseHost {
  readonly folder: string;
  readonly path: string;
  readonly configPath: string;
  readonly logs: string[] = [];
  readonly #test: TestContext;
  readonly #options: HostOptions;
  #child: ChildProcess | undefined;

  constructor(test: TestContext, options: HostOptions) {
    const { owner, replicas, what = 'database', ttl = '3s', leases = 'required', more = [], database = [] } = options;
    this.#test = test;
    this.#options = options;
    this.folder = temporaryFolder(test);
    this.path = join(this.folder, 'app.db');
    this.configPath = join(this.folder, 'litestream.yml');
    const enabled = { required: 'enabled: true, ', 'by-default': '', off: 'enabled: false, ' }[leases];
    const single = `path: ${this.path}, restore-if-db-not-exists: true`;
    const place = what === 'database' ? single : `dir: ${this.folder}, pattern: "*.db"`;
    const urls = replicas.map((url) => `{url: "${url}", sync-interval: 50ms}`);
    const replica = urls.length === 1 ? `replica: ${urls[0]}` : `replicas: [${urls.join(', ')}]`;
    const lines = [`lease: {${enabled}ttl: ${ttl}, owner: ${owner}}`, ...more, 'dbs:'];
    writeFileSync(this.configPath, [...lines, `  - {${[place, ...database, replica].join(', ')}}`].join('\n'));
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Starts `litestream replicate`. */
  start(...flags: string[]): void {
    const child = spawn(process.execPath, [entry, 'replicate', '-config', this.configPath, ...flags], {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', TZ: 'UTC', ...this.#options.server?.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    createInterface({ input: child.stderr }).on('line', (line) => this.logs.push(line));
    cleanUp(this.#test, async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }
      if (process.env.SIDECAR_LOGS !== undefined) console.log(this.logs.join('\n'));
    });
  }

  /** Resolves with a line of the log that matches, written already or later. */
  async logged(pattern: RegExp, timeoutMs = takeOverMs): Promise<string> {
    try {
      return await until(String(pattern), () => this.logs.find((line) => pattern.test(line)), { timeoutMs });
    } catch (cause) {
      throw new Error(`Cannot find ${pattern} in:\n${this.logs.join('\n')}`, { cause });
    }
  }

  acquired(epoch: number): Promise<string> {
    return this.logged(new RegExp(`lease acquired.* epoch=${epoch} `));
  }

  async pause(): Promise<void> {
    process.kill(this.pid, 'SIGSTOP');
    await until('it stands still', () => isStopped(this.pid));
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Resolves with the exit code. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const ended = once(this.#child!, 'exit');
    process.kill(this.pid, signal);
    const [code] = await ended;
    return code;
  }

  /** Runs statements on a connection of an application, which makes the table when there is no database. */
  async runOn(name: string, ...statements: string[]): Promise<unknown[][]> {
    await using application = new Application(join(this.folder, name), { timeoutMs: 5_000 });
    const table = 'create table if not exists t (id integer primary key, x)';
    const rows = await application.run('pragma journal_mode = wal', table, ...statements);
    await application.close();
    return rows;
  }

  run(...statements: string[]): Promise<unknown[][]> {
    return this.runOn('app.db', ...statements);
  }

  async rows(): Promise<unknown[]> {
    return (await this.run('select id from t order by id')).flat();
  }

  /** Runs another command with this host's configuration. */
  litestream(command: string, ...args: string[]): Promise<CliResult> {
    return litestream([command, '-config', this.configPath, ...args], { env: this.#options.server?.environment });
  }

  /** Writes what a replica of a database gives back to a file, which is not there. */
  async restore(name: string, output: string, { replica = 0, txid, timestamp }: RestoredFrom = {}): Promise<void> {
    const { what, replicas, server } = this.#options;
    const url = new URL(replicas[replica]!);
    if (what === 'directory') url.pathname += `/${name}`;
    const place =
      url.protocol === 'file:' ? { url: url.href } : { url: decodeURIComponent(url.href), s3: server?.credentials };
    const moment = timestamp === undefined ? 'newest' : { timestamp };
    const target = txid === undefined ? moment : { txid };
    const { outcome } = await restore({ replicas: place, output, target, integrityCheck: 'full' });
    if (outcome !== 'restored') throw new Error(`Cannot restore ${name} from ${url}: ${outcome}`);
  }

  /** The rows of what a replica gives back. */
  async restored(name = 'app.db', options: RestoredFrom = {}): Promise<unknown[]> {
    const folder = mkdtempSync(join(this.folder, 'restored-'));
    try {
      await this.restore(name, join(folder, name), options);
      const database = new Database(join(folder, name), { readonly: true });
      const rows = database.prepare('select id from t order by id').pluck().all();
      database.close();
      return rows;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Resolves when what a replica gives back has a row. */
  async shipped(id: number, name = 'app.db', options: RestoredFrom = {}): Promise<void> {
    const hasRow = async () => (await this.restored(name, options).catch((): unknown[] => [])).includes(id);
    try {
      await until(`row ${id}`, hasRow, { timeoutMs: takeOverMs, everyMs: 50 });
    } catch (cause) {
      throw new Error(`Cannot find row ${id} of ${name} in the replica:\n${this.logs.join('\n')}`, { cause });
    }
  }
}

export function insert(id: number): string {
  return `insert into t values (${id}, randomblob(3000))`;
}
