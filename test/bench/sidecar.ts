import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchError } from './bench-error.ts';
import { ProcessTree } from './process-tree.ts';
import type { Program } from './program.ts';
import { outputOf, tail } from './python-program.ts';
import { runEnvironment } from './run-environment.ts';

/** Also for a fleet of twenty thousand. */
const startLimitMs = 1_200_000;
const stopLimitMs = 300_000;
const lookMs = 20;

/** When a program counts as running. */
export interface SidecarStart {
  readonly isReady: () => boolean;
  /** How long it is left alone from then on. */
  readonly restMs: number;
}

/** A program that replicates, with default settings, while something else is measured. */
export class Sidecar {
  readonly tree: ProcessTree;
  readonly #program: Program;
  readonly #child: ChildProcess;
  readonly #output: ReturnType<typeof outputOf>;
  readonly #killAtExit = () => this.#child.kill('SIGKILL');

  private constructor(program: Program, child: ChildProcess) {
    this.tree = new ProcessTree(child.pid!);
    this.#program = program;
    this.#child = child;
    this.#output = outputOf(child);
    process.prependOnceListener('exit', this.#killAtExit);
  }

  /** Runs a command of a program that does not end by itself; resolves when it is ready and has rested. */
  static async start(program: Program, args: readonly string[], start: SidecarStart): Promise<Sidecar> {
    const [command, ...words] = program.words;
    const child = spawn(command!, [...words, ...args], { env: runEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    const sidecar = new Sidecar(program, child);
    try {
      await sidecar.#ready(start.isReady);
      await sleep(start.restMs);
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
      const state = code === null ? `it had not ended after ${stopLimitMs} ms` : `it ended with ${code}`;
      throw new BenchError(`Cannot stop ${this.#program.name}: ${state}. It said:\n${tail(stdout + stderr)}`);
    }
  }

  /** Ends it at once: for when a round has failed. */
  kill(): void {
    process.off('exit', this.#killAtExit);
    this.#child.kill('SIGKILL');
  }

  async #ready(isReady: () => boolean): Promise<void> {
    const limitMs = performance.now() + startLimitMs;
    while (!isReady()) {
      if (this.#child.exitCode !== null) {
        const { code, stdout, stderr } = await this.#output;
        throw new BenchError(
          `Cannot run ${this.#program.name}: it ended with ${code}. It said:\n${tail(stdout + stderr)}`,
        );
      }
      if (performance.now() > limitMs) {
        throw new BenchError(`Cannot run ${this.#program.name}: its replica is not complete after ${startLimitMs} ms`);
      }
      await sleep(lookMs);
    }
  }
}

/** Whether there is a file in a replica, at any level. */
export function hasFiles(replicaPath: string): boolean {
  if (!existsSync(replicaPath)) return false;
  return readdirSync(replicaPath, { recursive: true }).some((name) => String(name).endsWith('.ltx'));
}
