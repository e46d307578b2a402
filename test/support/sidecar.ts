import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { DatabaseStatus } from '../../src/engine/replicator/database-status.ts';
import type { Txid } from '../../src/format/ltx/txid.ts';
import type { SidecarAnswer, SidecarOptions, SidecarRequest } from './sidecar-options.ts';

const entryPath = new URL('./sidecar-entry.js', import.meta.url).pathname;
const syncTimeoutMs = 10_000;

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface PendingAnswer {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The replicator of one or more databases, in a process of its own. */
export class Sidecar implements AsyncDisposable {
  /** What it logged, a line an entry: level, message, fields. */
  readonly logs: string[] = [];
  /** Resolves when the process is gone, for whatever reason. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #pending = new Map<number, PendingAnswer>();
  #nextId = 1;

  private constructor(options: SidecarOptions, nodeArguments: readonly string[]) {
    this.#child = fork(entryPath, [JSON.stringify(options)], {
      execArgv: [...nodeArguments],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.#lines = createInterface({ input: this.#child.stderr! }).on('line', (line) => this.logs.push(line));
    this.#lines.setMaxListeners(0);
    this.ended = once(this.#child, 'exit').then(([code, signal]) => this.#gone({ code, signal }));
  }

  /**
   * Resolves once the process runs; the databases may still be being attached, or the process be dead by `dieAt`.
   * `nodeArguments` go before the program: `--import` of what changes it.
   */
  static async start(options: SidecarOptions, nodeArguments: readonly string[] = []): Promise<Sidecar> {
    const sidecar = new Sidecar(options, nodeArguments);
    const ready = new Promise<void>((resolve) => {
      sidecar.#child.on('message', (message: SidecarAnswer | 'ready') => {
        if (message === 'ready') resolve();
        else sidecar.#answered(message);
      });
    });
    await Promise.race([ready, sidecar.ended]);
    return sidecar;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves when everything committed so far is in the replicas; waits until the database is attached. */
  sync(database = 0, { timeoutMs = syncTimeoutMs }: { timeoutMs?: number } = {}): Promise<Txid> {
    return this.#request({ kind: 'sync', database, timeoutMs }) as Promise<Txid>;
  }

  status(database = 0): Promise<DatabaseStatus> {
    return this.#request({ kind: 'status', database }) as Promise<DatabaseStatus>;
  }

  /** Puts the wall clock of the process this far off the machine's. */
  async stepClock(offsetMs: number): Promise<void> {
    await this.#request({ kind: 'clock', offsetMs });
  }

  /** Resolves with the first line of the log, written already or later, that matches; never when none does. */
  logged(pattern: RegExp): Promise<string> {
    const line = this.logs.find((text) => pattern.test(text));
    if (line !== undefined) return Promise.resolve(line);
    return new Promise((resolve) => this.#lines.on('line', (text) => pattern.test(text) && resolve(text)));
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** SIGTERM: drains and exits. */
  async stop(): Promise<ProcessEnd> {
    this.#child.kill('SIGTERM');
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #request(request: SidecarRequest): Promise<unknown> {
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    if (this.#child.connected) this.#child.send({ id, request }, () => {});
    else this.#gone({ code: this.#child.exitCode, signal: this.#child.signalCode });
    return answer;
  }

  #answered(answer: SidecarAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ('error' in answer) pending?.reject(Object.assign(new Error(answer.error.message), { code: answer.error.code }));
    else pending?.resolve(answer.value);
  }

  #gone(end: ProcessEnd): ProcessEnd {
    for (const { reject } of this.#pending.values()) {
      reject(
        new Error(`Cannot ask the sidecar: it ended with ${end.signal ?? end.code}; ${this.logs.slice(-5).join('; ')}`),
      );
    }
    this.#pending.clear();
    return end;
  }
}
