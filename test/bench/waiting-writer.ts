import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { BenchError } from './bench-error.ts';
import { type PythonProgram, pythonCommand } from './python-program.ts';

const limitMs = 120_000;

/** An application that has opened its databases and waits for the word to write. */
export class WaitingWriter {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  static async open(program: PythonProgram, args: readonly string[]): Promise<WaitingWriter> {
    const writer = new WaitingWriter(program, args);
    await writer.#line();
    return writer;
  }

  private constructor(program: PythonProgram, args: readonly string[]) {
    const [command, words] = pythonCommand(program, args);
    this.#name = program;
    this.#child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout! });
  }

  /** Lets it write; resolves to what it printed when it has written all, before it closes anything. */
  async write(): Promise<string> {
    this.#child.stdin!.write('write\n');
    return this.#line();
  }

  /** Idempotent. */
  async end(): Promise<void> {
    this.#child.stdin!.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close');
  }

  async #line(): Promise<string> {
    const gone = new AbortController();
    this.#child.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(limitMs)]);
    try {
      const [line] = (await once(this.#lines, 'line', { signal })) as [string];
      return line;
    } catch (error) {
      this.#child.kill('SIGKILL');
      throw new BenchError(`Cannot write with ${this.#name}.py: it ended, or said nothing within ${limitMs} ms`, {
        cause: error,
      });
    }
  }
}
