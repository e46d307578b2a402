import { digestFunction } from './dump-digest.ts';
import { LineProcess } from './line-process.ts';

const program = `
import json, sqlite3, sys
${digestFunction}
def read(path, sql):
    db = sqlite3.connect(path)
    try:
        return digest(db) if sql is None else db.execute(sql).fetchall()
    except sqlite3.Error as error:
        return str(error)
    finally:
        db.close()
for line in sys.stdin:
    print(json.dumps({"value": [read(*query) for query in json.loads(line)]}), flush=True)
`;

/** Reads databases nobody writes, by another SQLite, in one process for all of them. */
export class DumpReader implements AsyncDisposable {
  readonly #process = new LineProcess(program);

  /** The SHA-256 of everything in each database, or what SQLite says against reading it. */
  async digests(...paths: string[]): Promise<string[]> {
    return (await this.#process.ask(paths.map((path) => [path, null]))) as string[];
  }

  /** The rows of a query, or what SQLite says against it. */
  async rows(path: string, sql: string): Promise<unknown> {
    const [rows] = (await this.#process.ask([[path, sql]])) as unknown[];
    return rows;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process.kill();
  }
}
