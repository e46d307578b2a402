import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { defaultMetaPath } from '../../src/engine/meta/meta-directory.ts';
import { Application } from '../sqlite/application.ts';
import { Sidecar } from '../support/sidecar.ts';
import type { SidecarOptions } from '../support/sidecar-options.ts';
import { cleanUp } from './clean-up.ts';
import { ReplicaFiles } from './replica-files.ts';

export interface StartOptions extends Omit<Partial<SidecarOptions>, 'databases'> {
  /** Directories. Default: one. */
  readonly replicas?: readonly string[] | undefined;
  readonly metaPath?: string | undefined;
  /** JavaScript that the process runs before the engine. */
  readonly before?: string | undefined;
}

/** One database, the applications that use it, the sidecar and its replica: everything in processes of its own. */
export class Scene {
  readonly folder: string;
  readonly path: string;
  readonly metaPath: string;
  readonly replica: ReplicaFiles;
  readonly #test: TestContext;

  constructor(test: TestContext, { folder = temporaryFolder(test) }: { folder?: string } = {}) {
    this.folder = folder;
    this.path = join(folder, 'app.db');
    this.metaPath = defaultMetaPath(this.path);
    this.replica = new ReplicaFiles(join(folder, 'replica'), folder);
    this.#test = test;
  }

  /** A connection of an application, which runs `statements` first. */
  async application(...statements: string[]): Promise<Application> {
    const application = new Application(this.path, { timeoutMs: 5_000 });
    cleanUp(this.#test, () => application.kill());
    await application.run(...statements);
    return application;
  }

  /** An application that makes a WAL database with one append-only table. */
  newDatabase(...statements: string[]): Promise<Application> {
    return this.application('pragma journal_mode = wal', ...statements, 'create table t (id integer primary key, x)');
  }

  /** Runs statements on a connection of its own and closes it as SQLite likes it. */
  async runAndClose(...statements: string[]): Promise<void> {
    const application = await this.application(...statements);
    await application.close();
  }

  /** Files follow each other quickly unless `settings` say otherwise. */
  async start({ replicas = [this.replica.path], metaPath, before, ...options }: StartOptions = {}): Promise<Sidecar> {
    const settings = { syncIntervalMs: 20, ...options.settings };
    const nodeArguments =
      before === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(before)}`];
    const sidecar = await Sidecar.start(
      { ...options, settings, databases: [{ path: this.path, replicas, metaPath }] },
      nodeArguments,
    );
    cleanUp(this.#test, async () => {
      await sidecar.kill();
      if (process.env.SIDECAR_LOGS !== undefined) console.log(sidecar.logs.join('\n'));
    });
    return sidecar;
  }
}

/** A folder that goes away with the test. */
export function temporaryFolder(test: TestContext, parent = tmpdir()): string {
  const folder = realpathSync(mkdtempSync(join(parent, 'engine-')));
  cleanUp(test, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The rows 1 to `last` of an append-only table. */
export function upToRow(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}
