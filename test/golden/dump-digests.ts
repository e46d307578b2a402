import { execFileSync } from 'node:child_process';

const script = `
import hashlib, json, sqlite3, sys
for path in json.load(sys.stdin):
    db = sqlite3.connect(path)
    digest = hashlib.sha256()
    for statement in db.iterdump():
        if '_litestream' not in statement:
            digest.update((statement + '\\n').encode())
    db.close()
    print(digest.hexdigest())
`;

/** The SHA-256 of each database's dump, in one process of another SQLite. */
export function dumpDigests(paths: readonly string[]): string[] {
  const output = execFileSync('python3', ['-c', script], { input: JSON.stringify(paths), encoding: 'utf8' });
  return output.trim().split('\n');
}
