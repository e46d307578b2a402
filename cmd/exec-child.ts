import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { CommandError } from './command-error.ts';
import { commandWords } from './command-words.ts';

/** The program that `-exec` names, with our streams and environment. */
export class ExecChild {
  readonly #child: ChildProcess;
  /** Resolves to the program's exit code, 128 + number for one that a signal ended; rejects when it cannot be started. */
  readonly exitCode: Promise<number>;

  private constructor(child: ChildProcess, commandLine: string) {
    this.#child = child;
    this.exitCode = new Promise((resolve, reject) => {
      child.once('error', (error) => {
        reject(new CommandError('exec-failed', `Cannot run ${commandLine}: ${error.message}`, { cause: error }));
      });
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
    });
    this.exitCode.catch(() => {}); // whoever waits for it hears of it
  }

  static start(commandLine: string): ExecChild {
    const [program, ...args] = commandWords(commandLine);
    return new ExecChild(spawn(program, args, { stdio: 'inherit' }), commandLine);
  }

  forward(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
