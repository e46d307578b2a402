import { digestFunction } from './dump-digest.ts';
import { LineProcess } from './line-process.ts';

const program = `
import json, sqlite3, sys
${digestFunction}
for line in sys.stdin:
    digests = []
    for path in json.loads(line):
        db = sqlite3.connect(path)
        try:
            digests.append(digest(db))
        except sqlite3.Error as error:
            digests.append(str(error))
        db.close()
    print(json.dumps({"value": digests}), flush=True)
`;

/** Digests the dumps of databases nobody writes, by another SQLite, in one process for all of them. */
export class DumpReader implements AsyncDisposable {
  readonly #process = new LineProcess(program);

  /** The SHA-256 of everything in each database, or what SQLite says against reading it. */
  async digests(...paths: string[]): Promise<string[]> {
    return (await this.#process.ask(paths)) as string[];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process.kill();
  }
}
