import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

interface PendingLine {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** A Python process that answers each line of JSON with one line of JSON: a value, or an error. */
export class LineProcess {
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #pending: PendingLine[] = [];

  constructor(program: string, words: readonly string[] = []) {
    this.#child = spawn('python3', ['-c', program, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin!.on('error', () => {}); // a killed process; its requests are rejected when it has ended
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const { value, error } = JSON.parse(line) as { value?: unknown; error?: string };
      const { resolve, reject } = this.#pending.shift()!;
      if (error === undefined) resolve(value);
      else reject(new Error(error));
    });
    this.ended = once(this.#child, 'close').then(() => {
      for (const { reject } of this.#pending.splice(0)) reject(new Error('Cannot ask the process: it ended'));
    });
  }

  ask(request: unknown): Promise<unknown> {
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.push({ resolve, reject }));
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    return answer;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Ends the input and waits for the exit. */
  async end(): Promise<void> {
    this.#child.stdin!.end();
    await this.ended;
  }
}
