import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cleanUp } from '../engine/clean-up.ts';
import { until } from '../engine/until.ts';

const entryPath = fileURLToPath(new URL('../../bin/litestream.js', import.meta.url));

/** `litestream replicate` as a process of its own, which is killed with the test. */
export class Daemon {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #stderr = '';

  constructor(t: TestContext, args: readonly string[], cwd: string, variables: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [entryPath, 'replicate', ...args], {
      cwd,
      env: { PATH: process.env.PATH, HOME: cwd, TZ: 'UTC', ...variables },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#ended = once(this.#child, 'close');
    cleanUp(t, async () => {
      this.#child.kill('SIGKILL');
      await this.#ended;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get lines(): readonly string[] {
    return this.#stderr.split('\n').filter((line) => line !== '');
  }

  /** The first log line after the first `after` of them that matches. */
  line(pattern: RegExp, after = 0): Promise<string> {
    return until(`a log line ${pattern}`, () => this.lines.slice(after).find((line) => pattern.test(line)));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Stops it; resolves to the exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    await this.#ended;
    return this.#child.exitCode;
  }

  /** Resolves to the exit code of a process that ends by itself. */
  async exit(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }
}
