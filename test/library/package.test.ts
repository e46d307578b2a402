import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { projectRoot } from '../support/project-root.ts';

const compiled = fileURLToPath(new URL('../../', import.meta.url));
const ours = join(projectRoot, 'node_modules');

const program = `
import Database from 'better-sqlite3';
import { backupStatus, formatTxid, listMoments, restore, Store, TypedError } from 'litestream-sidecar';
import type { DatabaseStatus, RestoreResult, Txid } from 'litestream-sidecar';

const replicas = ['replica', { url: 'second', name: 'second', syncIntervalMs: 50 }] as const;
const store = await Store.open({ databases: [{ path: 'app.db', replicas }], onEvent: ({ kind }) => kind });
const database = new Database('app.db');
database.exec('pragma journal_mode = wal; create table t (x); insert into t values (1)');
const txid: Txid = await store.sync('app.db');
const states: DatabaseStatus[] = await store.status();
await store.close();
database.close();
const result: RestoreResult = await restore({ replicas, output: 'copy.db', target: { txid }, exact: true });
switch (result.outcome) {
  case 'restored':
    console.log(formatTxid(result.txid), result.replica, states[0]?.state);
    break;
  case 'already-there':
  case 'no-backup':
    throw new Error(result.outcome);
  default: {
    const nothing: never = result;
    throw nothing;
  }
}
const status = await backupStatus('replica');
for await (const { timestampMs } of listMoments('replica', { from: '1 hour ago', to: new Date() })) {
  console.log(status.outcome === 'backed-up' && status.newest.timestampMs === timestampMs);
}
await restore({ replicas: 'gs://bucket', output: 'x' }).catch((error: unknown) => {
  console.log(error instanceof TypedError && error.code);
});
`;

describe('The installed package', () => {
  it('compiles under the strictest rules in a project elsewhere, and finds its programs there', (t) => {
    const folder = temporaryFolder(t);
    const modules = join(folder, 'node_modules');
    const installed = join(modules, 'litestream-sidecar');
    cpSync(join(compiled, 'src'), join(installed, 'dist', 'src'), { recursive: true });
    cpSync(join(projectRoot, 'package.json'), join(installed, 'package.json'));
    const { dependencies } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const name of [...Object.keys(dependencies), '@types/node', 'undici-types']) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(ours, name), join(modules, name));
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'better-sqlite3.d.ts'), declaredSqlite);
    writeFileSync(join(folder, 'main.ts'), program);
    const flags = '--strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --module nodenext --target es2022';
    const files = ['main.ts', 'better-sqlite3.d.ts', '--types', 'node', '--skipLibCheck', 'false'];
    const tsc = join(ours, 'typescript', 'bin', 'tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, ...flags.split(' '), ...files], { cwd: folder });
    assert.equal(status, 0, String(stdout));
    const said = execFileSync(process.execPath, ['main.js'], { cwd: folder, encoding: 'utf8' });
    assert.match(said, /^0{15}\d file replicating\n(false\n)*true\n(false\n)*unsupported\n$/);
  });
});

/** The project has no types for its SQLite: those of the package must do without. */
const declaredSqlite = `declare module 'better-sqlite3' {
  export default class Database { constructor(path: string); exec(sql: string): void; close(): void }
}`;
