import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const program = `
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
connection.execute("pragma wal_autocheckpoint = " + sys.argv[2])
connection.execute("pragma synchronous = off")
print("started", flush=True)
while True:
    connection.execute("insert into t values (zeroblob(100))")
`;

/** An application that commits as fast as it can until it is killed. */
export class BusyWriter implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(path: string, { autoCheckpointPages }: { autoCheckpointPages: number }): Promise<BusyWriter> {
    const arguments_ = ['-c', program, path, String(autoCheckpointPages)];
    const child = spawn('python3', arguments_, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return new BusyWriter(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}
