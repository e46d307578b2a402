import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { until } from '../engine/until.ts';
import { Daemon } from '../support/daemon.ts';
import { freePort } from '../support/free-port.ts';
import { litestream } from '../support/litestream-cli.ts';
import { projectRoot } from '../support/project-root.ts';
import { S3Server } from '../support/s3-server.ts';
import { composeServices, read } from './examples.ts';

/** The services of compose.yaml as processes of this machine: other paths, ports and credentials, else as they stand there. */
class Services implements AsyncDisposable {
  readonly #t: TestContext;
  readonly #here: (text: string) => string;
  readonly #env: Record<string, string>;
  readonly #port: number;
  readonly #kills: (() => unknown)[] = [];
  readonly cwd: string;

  static async open(t: TestContext, server: S3Server): Promise<Services> {
    return new Services(t, server, [await freePort(), await freePort()]);
  }

  private constructor(t: TestContext, server: S3Server, [port, addrPort]: readonly [number, number]) {
    this.cwd = temporaryFolder(t);
    this.#t = t;
    this.#port = port;
    this.#here = (text) =>
      text
        .replaceAll(/\/(data|run)\b/g, `${this.cwd}/$1`)
        .replaceAll('/run/litestream/', '/')
        .replaceAll('127.0.0.1:9090', `127.0.0.1:${addrPort}`)
        .replaceAll('http://s3:7070', server.endpoint);
    const config = join(this.cwd, 'litestream.yml');
    writeFileSync(config, this.#here(read('examples/docker-compose/litestream.yml')));
    this.#env = { ...server.environment, LITESTREAM_CONFIG: config };
  }

  async restore() {
    const words = composeServices().restore!.command!.map(this.#here);
    const { code, stderr } = await litestream(words, { cwd: this.cwd, env: this.#env });
    assert.equal(code, 0, stderr);
  }

  sidecar(): Daemon {
    const [, ...words] = composeServices().litestream!.command!.map(this.#here);
    const daemon = new Daemon(this.#t, words, this.cwd, this.#env);
    this.#kills.push(() => {
      daemon.signal('SIGKILL');
      return daemon.exit();
    });
    return daemon;
  }

  application() {
    const environment = { ...composeServices().application!.environment, PORT: String(this.#port) };
    const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, this.#here(value)]));
    const script = join(projectRoot, 'examples/application/application.py');
    const child = spawn('python3', [script], { env: { ...env, PATH: process.env.PATH }, stdio: 'ignore' });
    const ended = once(child, 'exit');
    this.#kills.push(() => child.kill('SIGKILL'));
    return {
      stop: async () => {
        child.kill('SIGTERM');
        assert.deepEqual(await ended, [0, null]);
      },
    };
  }

  /** Before the folder of a test that failed is removed, nothing may write there any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#kills.map((kill) => kill()));
  }

  visit(): Promise<string> {
    return until('the application answers', async () => {
      const response = await fetch(`http://127.0.0.1:${this.#port}/`).catch(() => undefined);
      return response?.text();
    });
  }
}

test('what compose.yaml runs restores a database that was lost, and counts on', { timeout: 60_000 }, async (t) => {
  const server = await S3Server.start();
  t.after(() => server[Symbol.asyncDispose]());
  await using services = await Services.open(t, server);
  const data = join(services.cwd, 'data');
  for (const [first, second] of [
    ['1 visits\n', '2 visits\n'],
    ['3 visits\n', '4 visits\n'],
  ]) {
    rmSync(data, { recursive: true, force: true });
    await services.restore();
    const sidecar = services.sidecar();
    await sidecar.line(/serving metrics/);
    const application = services.application();
    assert.equal(await services.visit(), first);
    // A stop before the lease is had and the database attached leaves the rest to the next start.
    await sidecar.line(/read the whole database|going on where it was left|equals the replica/);
    assert.equal(await services.visit(), second);
    // In the order of compose: what depends on the sidecar ends before it, which ships what was written last.
    await application.stop();
    assert.equal(await sidecar.stop(), 0, sidecar.lines.join('\n'));
    assert.ok(readdirSync(data).includes('app.db'));
  }
});
