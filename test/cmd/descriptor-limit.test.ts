import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { until } from '../engine/until.ts';

const entryPath = fileURLToPath(new URL('../../cmd/litestream.js', import.meta.url));
/** Enough for 12 attached databases. */
const descriptorLimit = 600;

const makeDatabases = `
import sqlite3, sys
for i in range(int(sys.argv[2])):
    db = sqlite3.connect(f"{sys.argv[1]}/app{i}.db")
    db.execute("pragma journal_mode = wal")
    db.execute("create table t (x)")
    db.commit()
`;

for (const [what, databaseCount] of [
  ['can be attached at a time', 30],
  ['there are descriptors', 640],
] as const) {
  test(`replicate parks idle databases where there are more of them than ${what}, and says so once`, async (t) => {
    const folder = temporaryFolder(t);
    const data = join(folder, 'data');
    mkdirSync(data);
    execFileSync('python3', ['-c', makeDatabases, data, String(databaseCount)]);
    const command = `ulimit -n ${descriptorLimit}; exec "$0" "$@"`;
    const args = [entryPath, 'replicate', data, `file://${folder}/replica`];
    const child = spawn('sh', ['-c', command, process.execPath, ...args], { stdio: ['ignore', 'inherit', 'pipe'] });
    t.after(() => child.kill('SIGKILL'));
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    const paths = Array.from({ length: databaseCount }, (_, i) => join(folder, `replica/app${i}.db/ltx/0`));
    const shipped = () => paths.filter(existsSync).length;
    const limits = { timeoutMs: 120_000, everyMs: 50 };
    await until('every database has its first file', () => shipped() === databaseCount, limits);
    assert.ok(readdirSync(`/proc/${child.pid}/fd`).length < descriptorLimit);
    assert.equal(log.match(/not all databases can be attached at a time/g)?.length, 1, log);
    assert.doesNotMatch(log, /level=ERROR/);
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
  });
}
