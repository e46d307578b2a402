import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const program = `
import json, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=float(sys.argv[2]))
for line in sys.stdin:
    try:
        print(json.dumps({"rows": connection.execute(line).fetchall()}), flush=True)
    except sqlite3.Error as error:
        print(json.dumps({"error": str(error)}), flush=True)
connection.close()
`;

/** An application: a connection to a SQLite database, of another version, in a process of its own. */
export class Application implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(path: string, { timeoutMs = 0 }: { timeoutMs?: number } = {}) {
    this.#child = spawn('python3', ['-c', program, path, String(timeoutMs / 1000)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Runs statements, each a line; resolves to the rows of the last one. Throws what SQLite says. */
  async run(...statements: string[]): Promise<unknown[][]> {
    let rows: unknown[][] = [];
    for (const statement of statements) {
      this.#child.stdin!.write(`${statement}\n`);
      const { value, done } = await this.#answers.next();
      assert.ok(done !== true, 'the application ended');
      const answer = JSON.parse(value) as { rows: unknown[][]; error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
      rows = answer.rows;
    }
    return rows;
  }

  /** Closes the connection as SQLite likes it. */
  async close(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.stdin!.end();
    await exit;
  }

  /** Ends the process without closing the connection. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
