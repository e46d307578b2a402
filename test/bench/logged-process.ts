import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BenchError } from './bench-error.ts';
import type { Program } from './program.ts';
import { outputOf, tail } from './python-program.ts';
import { runEnvironment } from './run-environment.ts';

const limitMs = 60_000;

/** A program whose log tells how far it is. */
export class LoggedProcess {
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<unknown>;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #output: ReturnType<typeof outputOf>;
  readonly #lines: string[] = [];
  readonly #onLine = new Set<() => void>();
  readonly #killAtExit = () => this.#child.kill('SIGKILL');

  constructor(program: Program, args: readonly string[]) {
    const [command, ...words] = program.words;
    this.#name = program.name;
    this.#child = spawn(command!, [...words, ...args], { env: runEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#output = outputOf(this.#child);
    this.ended = this.#output.finally(() => process.off('exit', this.#killAtExit));
    process.prependOnceListener('exit', this.#killAtExit);
    createInterface({ input: this.#child.stderr! }).on('line', (line) => {
      this.#lines.push(line);
      for (const look of this.#onLine) look();
    });
  }

  /**
   * Resolves at the line of its log that contains the text, also one that is there already. Throws BenchError when there is
   * none within a minute, or the program ends before.
   */
  says(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#onLine.delete(look);
      };
      const look = () => {
        if (!this.#lines.some((line) => line.includes(text))) return;
        end();
        resolve();
      };
      const fail = (reason: string) => {
        end();
        reject(new BenchError(`Cannot measure ${this.#name}: ${reason}. It said:\n${tail(this.#lines.join('\n'))}`));
      };
      const timer = setTimeout(() => fail(`it did not say "${text}" within ${limitMs} ms`), limitMs);
      this.#onLine.add(look);
      look();
      void this.ended.then(() => fail(`it ended before it said "${text}"`));
    });
  }

  end(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }
}
