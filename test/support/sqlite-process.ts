import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

const program = `
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for line in sys.stdin:
    connection.execute(line).fetchall()
    print("done", flush=True)
`;

/** A connection to a SQLite database in a process of its own, as an application has one. */
export class SqliteProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #answers: Interface;

  constructor(path: string) {
    this.#child = spawn('python3', ['-c', program, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#child.stdout! });
  }

  /** Runs statements one after the other; each is a line. */
  async run(...statements: string[]): Promise<void> {
    for (const statement of statements) {
      const answer = Promise.race([once(this.#answers, 'line'), once(this.#child, 'exit').then(failed)]);
      this.#child.stdin!.write(`${statement}\n`);
      await answer;
    }
  }

  /** Ends the process without closing the connection: the WAL and its index stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

function failed(): never {
  throw new Error('Cannot run statement: the SQLite process ended');
}
