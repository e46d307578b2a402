import { digestFunction } from './dump-digest.ts';
import { LineProcess } from './line-process.ts';

const program = `
import json, sqlite3, sys
${digestFunction}
options = json.loads(sys.argv[1])
db = None
def connect():
    global db
    db = sqlite3.connect(options["path"], isolation_level=None, timeout=options["timeoutMs"] / 1000)
    for statement in options["setUp"]:
        db.execute(statement).fetchall()
def run(statements):
    rows = []
    for statement in statements:
        rows = db.execute(statement).fetchall()
    return rows
def answer(kind, statements=()):
    global db
    if kind == "run":
        return run(statements)
    if kind == "digest":
        db.execute("begin")
        try:
            return digest(db)
        finally:
            db.execute("rollback")
    if kind in ("close", "reopen") and db is not None:
        db.close()
        db = None
    if kind == "reopen":
        connect()
connect()
for line in sys.stdin:
    try:
        print(json.dumps({"value": answer(**json.loads(line))}, default=lambda b: b.hex()), flush=True)
    except sqlite3.Error as error:
        print(json.dumps({"error": str(error)}), flush=True)
if db is not None:
    db.close()
`;

export type CheckpointMode = 'PASSIVE' | 'FULL' | 'RESTART' | 'TRUNCATE';

export interface WriterOptions {
  /** Default NORMAL. */
  readonly synchronous?: 'OFF' | 'NORMAL' | 'FULL' | undefined;
  /** The busy timeout. Default 5000. */
  readonly timeoutMs?: number | undefined;
  /** Statements run at each opening, before anything else; results are dropped. */
  readonly setUp?: readonly string[] | undefined;
}

/** An application that writes: one connection of another SQLite, in a process of its own. */
export class Writer implements AsyncDisposable {
  readonly #process: LineProcess;

  constructor(path: string, { synchronous = 'NORMAL', timeoutMs = 5_000, setUp = [] }: WriterOptions = {}) {
    const statements = [...setUp, 'PRAGMA journal_mode = WAL', `PRAGMA synchronous = ${synchronous}`];
    this.#process = new LineProcess(program, [JSON.stringify({ path, timeoutMs, setUp: statements })]);
  }

  /** Runs statements one after the other in autocommit mode; resolves to the rows of the last. Throws what SQLite says. */
  async run(...statements: string[]): Promise<unknown[][]> {
    return (await this.#process.ask({ kind: 'run', statements })) as unknown[][];
  }

  /** The SHA-256 of everything in the database. */
  async digest(): Promise<string> {
    return (await this.#process.ask({ kind: 'digest' })) as string;
  }

  /** Resolves to SQLite's row: busy, frames in the WAL, frames copied back. */
  async checkpoint(mode: CheckpointMode): Promise<number[]> {
    const [row] = await this.run(`PRAGMA wal_checkpoint(${mode})`);
    return row as number[];
  }

  async vacuum(): Promise<void> {
    await this.run('VACUUM');
  }

  /** Closes the connection as SQLite likes it: the last one out checkpoints and removes the WAL. */
  async close(): Promise<void> {
    await this.#process.ask({ kind: 'close' });
  }

  async reopen(): Promise<void> {
    await this.#process.ask({ kind: 'reopen' });
  }

  /** SIGKILL: the connection is not closed. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  /** Closes the connection and ends the process. */
  end(): Promise<void> {
    return this.#process.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
