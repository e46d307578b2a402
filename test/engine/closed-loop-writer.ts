import { LineProcess } from '../support/line-process.ts';

const program = `
import json, sqlite3, sys, threading, time
options = json.loads(sys.argv[1])
def connect():
    db = sqlite3.connect(options["path"], isolation_level=None, timeout=options["timeoutMs"] / 1000, check_same_thread=False)
    for statement in options["setUp"]:
        db.execute(statement).fetchall()
    return db
state = {"commits": 0, "longestMs": 0.0, "error": None}
stopped = threading.Event()
def loop():
    db = None
    try:
        while not stopped.is_set():
            start = time.monotonic()
            if db is None:
                db = connect()
            for statement in options["commit"]:
                db.execute(statement).fetchall()
            if options["reconnect"]:
                db.close()
                db = None
            state["longestMs"] = max(state["longestMs"], (time.monotonic() - start) * 1000)
            state["commits"] += 1
            time.sleep(options["pauseMs"] / 1000)
    except sqlite3.Error as error:
        state["error"] = str(error)
    if db is not None:
        db.close()
thread = threading.Thread(target=loop)
thread.start()
for line in sys.stdin:
    if json.loads(line) == "stop":
        stopped.set()
        thread.join()
    print(json.dumps({"value": state}), flush=True)
stopped.set()
thread.join()
`;

export interface ClosedLoopOptions {
  /** The statements of one transaction. */
  readonly commit: readonly string[];
  /** Run at each opening. */
  readonly setUp?: readonly string[] | undefined;
  /** Open and close the database for each transaction. */
  readonly reconnect?: boolean | undefined;
  readonly pauseMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface LoopState {
  readonly commits: number;
  readonly longestMs: number;
  readonly error: string | null;
}

/** An application that commits again and again until it is told to stop. */
export class ClosedLoopWriter implements AsyncDisposable {
  readonly #process: LineProcess;

  constructor(path: string, options: ClosedLoopOptions) {
    const defaults = { setUp: [], reconnect: false, pauseMs: 0, timeoutMs: 5_000 };
    this.#process = new LineProcess(program, [JSON.stringify({ ...defaults, ...options, path })]);
  }

  async state(): Promise<LoopState> {
    return (await this.#process.ask('state')) as LoopState;
  }

  /** Ends the loop after the transaction under way. Throws what SQLite said. */
  async stop(): Promise<LoopState> {
    const state = (await this.#process.ask('stop')) as LoopState;
    if (state.error !== null) throw new Error(state.error);
    return state;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process.kill();
  }
}
