import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { cleanUp } from '../engine/clean-up.ts';
import { isStopped } from '../engine/lease/fencing-scene.ts';
import { temporaryFolder } from '../engine/scene.ts';
import { until } from '../engine/until.ts';
import { Application } from '../sqlite/application.ts';
import { type CliResult, litestream } from '../support/litestream-cli.ts';
import type { S3Server } from '../support/s3-server.ts';

const entry = fileURLToPath(new URL('../../cmd/litestream.js', import.meta.url));

/** ttl + margin + poll + one request at a ttl of 3 s, ten times over. */
export const takeOverMs = 10 * 6_000;

export interface HostOptions {
  readonly owner: string;
  /** The replica, as a line of YAML. */
  readonly replica: string;
  readonly ttl?: string | undefined;
  /** False: no lease at all. Default true. */
  readonly leased?: boolean | undefined;
  /** More lines of the config file. */
  readonly more?: readonly string[] | undefined;
  /** More keys of the database. */
  readonly database?: readonly string[] | undefined;
  readonly server?: S3Server | undefined;
}

/** A machine of its own as far as replication is concerned: a folder with a database, a config file and the real command. */
export class LeaseHost {
  readonly folder: string;
  readonly path: string;
  readonly configPath: string;
  readonly logs: string[] = [];
  readonly #test: TestContext;
  readonly #environment: Record<string, string>;
  #child: ChildProcess | undefined;

  constructor(
    test: TestContext,
    { owner, replica, ttl = '3s', leased = true, more = [], database = [], server }: HostOptions,
  ) {
    this.#test = test;
    this.folder = temporaryFolder(test);
    this.path = join(this.folder, 'app.db');
    this.configPath = join(this.folder, 'litestream.yml');
    this.#environment = server?.environment ?? {};
    const lines = [
      `lease: {enabled: ${leased}, ttl: ${ttl}, owner: ${owner}}`,
      ...more,
      'dbs:',
      `  - path: ${this.path}`,
      '    restore-if-db-not-exists: true',
      ...database.map((key) => `    ${key}`),
      `    replica: {${replica}, sync-interval: 50ms}`,
    ];
    writeFileSync(this.configPath, lines.join('\n'));
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Starts `litestream replicate`. */
  start(...flags: string[]): void {
    const child = spawn(process.execPath, [entry, 'replicate', '-config', this.configPath, ...flags], {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', TZ: 'UTC', ...this.#environment },
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
  logged(pattern: RegExp, timeoutMs = takeOverMs): Promise<string> {
    return until(`${pattern} in: ${this.logs.join('\n')}`, () => this.logs.find((line) => pattern.test(line)), {
      timeoutMs,
    });
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
  async run(...statements: string[]): Promise<unknown[][]> {
    await using application = new Application(this.path, { timeoutMs: 5_000 });
    const table = 'create table if not exists t (id integer primary key, x)';
    const rows = await application.run('pragma journal_mode = wal', table, ...statements);
    await application.close();
    return rows;
  }

  async rows(): Promise<unknown[]> {
    return (await this.run('select id from t order by id')).flat();
  }

  litestream(...args: string[]): Promise<CliResult> {
    return litestream(args, { env: this.#environment });
  }

  /** The rows of what the replica gives back, at a TXID or the newest state. */
  async restored(...flags: string[]): Promise<unknown[]> {
    const output = join(this.folder, 'restored', 'app.db');
    mkdirSync(join(this.folder, 'restored'));
    try {
      const { code, stderr } = await this.litestream(
        'restore',
        '-config',
        this.configPath,
        ...flags,
        '-integrity-check',
        'full',
        '-o',
        output,
        this.path,
      );
      if (code !== 0) throw new Error(stderr);
      const database = new Database(output, { readonly: true });
      const rows = database.prepare('select id from t order by id').pluck().all();
      database.close();
      return rows;
    } finally {
      rmSync(join(this.folder, 'restored'), { recursive: true });
    }
  }

  /** Resolves when what the replica gives back has a row. */
  async shipped(id: number): Promise<void> {
    await until(
      `row ${id} is in the replica: ${this.logs.join('\n')}`,
      async () => (await this.restored().catch((): unknown[] => [])).includes(id),
      {
        timeoutMs: 20_000,
        everyMs: 100,
      },
    );
  }
}

export function insert(id: number): string {
  return `insert into t values (${id}, randomblob(3000))`;
}
