import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { BenchError } from './bench-error.ts';
import { ProcessTree } from './process-tree.ts';
import type { Program } from './program.ts';
import { outputOf, tail } from './python-program.ts';
import { runEnvironment } from './run-environment.ts';

const startLimitMs = 60_000;
const stopLimitMs = 60_000;
const lookMs = 20;

/** A program that replicates one database into a directory, with default settings, while something else is measured. */
export class Sidecar {
  readonly replicaPath: string;
  readonly tree: ProcessTree;
  readonly #program: Program;
  readonly #child: ChildProcess;
  readonly #output: ReturnType<typeof outputOf>;
  readonly #killAtExit = () => this.#child.kill('SIGKILL');

  private constructor(program: Program, child: ChildProcess, replicaPath: string) {
    this.replicaPath = replicaPath;
    this.tree = new ProcessTree(child.pid!);
    this.#program = program;
    this.#child = child;
    this.#output = outputOf(child);
    process.once('exit', this.#killAtExit);
  }

  /** Starts replicating; resolves when the replica has its first file and `restMs` have passed. */
  static async start(program: Program, databasePath: string, folder: string, restMs: number): Promise<Sidecar> {
    const replicaPath = join(folder, 'replica');
    const [command, ...words] = program.words;
    const child = spawn(command!, [...words, 'replicate', databasePath, replicaUrl(replicaPath)], {
      env: runEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const sidecar = new Sidecar(program, child, replicaPath);
    try {
      await sidecar.#firstFile();
      await sleep(restMs);
    } catch (error) {
      sidecar.kill();
      throw error;
    }
    return sidecar;
  }

  /** Asks it to end after a last sync. Throws BenchError when it does not, or fails. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopLimitMs);
    this.#child.kill('SIGTERM');
    const { code, stdout, stderr } = await this.#output;
    clearTimeout(timer);
    process.off('exit', this.#killAtExit);
    if (code !== 0) {
      throw new BenchError(
        `Cannot stop ${this.#program.name}: it ended with ${code}. It said:\n${tail(stdout + stderr)}`,
      );
    }
  }

  /** Ends it at once: for when a round has failed. */
  kill(): void {
    process.off('exit', this.#killAtExit);
    this.#child.kill('SIGKILL');
  }

  async #firstFile(): Promise<void> {
    const limitMs = performance.now() + startLimitMs;
    while (!hasFiles(this.replicaPath)) {
      if (this.#child.exitCode !== null) {
        const { code, stdout, stderr } = await this.#output;
        throw new BenchError(
          `Cannot run ${this.#program.name}: it ended with ${code}. It said:\n${tail(stdout + stderr)}`,
        );
      }
      if (performance.now() > limitMs) {
        throw new BenchError(`Cannot run ${this.#program.name}: no file in the replica after ${startLimitMs} ms`);
      }
      await sleep(lookMs);
    }
  }
}

/** A directory as a replica. */
export function replicaUrl(path: string): string {
  return pathToFileURL(path).href;
}

function hasFiles(replicaPath: string): boolean {
  if (!existsSync(replicaPath)) return false;
  return readdirSync(replicaPath, { recursive: true }).some((name) => String(name).endsWith('.ltx'));
}
