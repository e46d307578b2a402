import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { until } from '../engine/until.ts';
import { append, StoreScene } from '../service/store/store-scene.ts';
import type { Application } from '../sqlite/application.ts';
import { Daemon } from '../support/daemon.ts';

/** A running process that serves the dashboard of some databases with a few transactions each. */
export class DashboardScene {
  readonly #scene: StoreScene;
  daemon: Daemon;
  readonly url: string;
  readonly applications: readonly Application[];

  private constructor(scene: StoreScene, daemon: Daemon, url: string, applications: readonly Application[]) {
    this.#scene = scene;
    this.daemon = daemon;
    this.url = url;
    this.applications = applications;
  }

  /** `dashboard`: more keys of it, as YAML; `more`: more of the config file. */
  static async open(
    t: TestContext,
    {
      names = ['app.db'],
      dashboard = '',
      more = '',
    }: { names?: readonly string[]; dashboard?: string; more?: string } = {},
  ): Promise<DashboardScene> {
    const scene = new StoreScene(t);
    const applications = [];
    for (const name of names) applications.push(await scene.application(name, 3));
    const dbs = names.map((name) => `  - path: ${scene.path(name)}\n    replica: {path: ${scene.replicaPath(name)}}`);
    const config = `dashboard: {addr: "127.0.0.1:0"${dashboard}}\n${more}\ndbs:\n${dbs.join('\n')}\n`;
    writeFileSync(scene.path('litestream.yml'), config);
    const daemon = new Daemon(t, ['-config', scene.path('litestream.yml')], scene.folder);
    const line = await daemon.line(/serving the dashboard/);
    const url = /addr=(\S+)/.exec(line)![1]!;
    for (const name of names) {
      const isShipped = () => existsSync(scene.replicaPath(`${name}/ltx/0/0000000000000001-0000000000000001.ltx`));
      await until(`the first file of ${name}`, isShipped);
    }
    return new DashboardScene(scene, daemon, url, applications);
  }

  path(name: string): string {
    return this.#scene.path(name);
  }

  /** One more transaction in each database. */
  async write(): Promise<void> {
    for (const application of this.applications) await append(application);
  }

  /** Puts a file where the replica's directory is: nothing can be written there. */
  breakReplica(name: string): void {
    renameSync(this.#scene.replicaPath(name), this.#scene.replicaPath(`${name}.away`));
    writeFileSync(this.#scene.replicaPath(name), '');
  }

  mendReplica(name: string): void {
    rmSync(this.#scene.replicaPath(name));
    renameSync(this.#scene.replicaPath(`${name}.away`), this.#scene.replicaPath(name));
  }

  /** After the end of the daemon: another one at the same address. */
  async startAgain(t: TestContext): Promise<void> {
    const path = this.path('litestream.yml');
    writeFileSync(path, readFileSync(path, 'utf8').replace('127.0.0.1:0', new URL(this.url).host));
    this.daemon = new Daemon(t, ['-config', path], this.#scene.folder);
    await this.daemon.line(/serving the dashboard/);
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(new URL(path, this.url), { headers, redirect: 'manual' });
  }

  post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(new URL(path, this.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  query(path: string, db: string, more: Readonly<Record<string, string>> = {}): string {
    return `${path}?${new URLSearchParams({ db: this.path(db), replica: 'file', ...more })}`;
  }
}
