import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { goldenFolder } from '../support/golden-files.ts';
import { litestream } from '../support/litestream-cli.ts';
import { moduleRecorder } from '../support/module-recorder.ts';

const bundle = fileURLToPath(new URL('../../bin', import.meta.url));

/** The packages that a command line loads code of, also as a part of the bundle. */
async function packagesLoadedBy(folder: string, line: string): Promise<string[]> {
  const list = join(folder, 'loaded');
  writeFileSync(list, '');
  const env = { LOADED: list, NODE_OPTIONS: `--import=${moduleRecorder}` };
  const { code, stderr } = await litestream(line.split(' '), { cwd: folder, env });
  assert.equal(code, 0, stderr);
  const files = readFileSync(list, 'utf8').split('\n');
  const sources = files.flatMap((url) => {
    const map = join(bundle, `${basename(url)}.map`);
    return url.includes('/bin/') && existsSync(map) ? JSON.parse(readFileSync(map, 'utf8')).sources : [url];
  });
  const packages = sources.flatMap((source: string) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);
  return [...new Set<string>(packages)].sort();
}

function folderWithDatabase(t: Parameters<typeof temporaryFolder>[0]): string {
  const folder = temporaryFolder(t);
  const database = new Database(join(folder, 'app.db'));
  database.exec('pragma journal_mode = wal; create table t (x)');
  database.close();
  writeFileSync(join(folder, 'litestream.yml'), `dbs: [{path: ${join(folder, 'app.db')}, replica: {path: backup}}]`);
  return folder;
}

test('litestream loads packages when it needs them: none for most commands, no SDK without a store', async (t) => {
  const folder = folderWithDatabase(t);
  const url = `file://${join(goldenFolder, 'basic', 'replica')}`;
  const lines: [line: string, packages: string[]][] = [
    ['version', []],
    ['help', []],
    ['help replicate', []],
    ['status app.db', []],
    [`ltx -level all ${url}`, []],
    [`restore -o copy.db ${url}`, []],
    [`restore -dry-run -json ${url} -o copy.db -force`, []],
    ['status -config litestream.yml', ['yaml', 'zod']],
    ['databases -config litestream.yml', ['yaml', 'zod']],
  ];
  for (const [line, expected] of lines) assert.deepEqual(await packagesLoadedBy(folder, line), expected, line);
  const replicated = await packagesLoadedBy(folder, 'replicate -once app.db');
  assert.deepEqual(
    replicated.filter((name) => !['better-sqlite3', 'bindings', 'file-uri-to-path'].includes(name)),
    ['zod'],
  );
});

test('litestream loads the MCP SDK only for a process that serves its tools', async (t) => {
  const folder = folderWithDatabase(t);
  const sdk = '@modelcontextprotocol/sdk';
  const line = 'replicate -config litestream.yml -exec true';
  assert.ok(!(await packagesLoadedBy(folder, line)).includes(sdk));
  const config = readFileSync(join(folder, 'litestream.yml'), 'utf8');
  writeFileSync(join(folder, 'litestream.yml'), `mcp-addr: "127.0.0.1:0"\n${config}`);
  assert.ok((await packagesLoadedBy(folder, line)).includes(sdk));
});

test('litestream finds what lies beside its files, and licenses of what they contain', () => {
  const names = readdirSync(bundle);
  const text = names.filter((name) => name.endsWith('.js')).map((name) => readFileSync(join(bundle, name), 'utf8'));
  const beside = [...text.join('').matchAll(/new URL\("\.\/([^"]+)", import\.meta\.url\)/g)].map(([, name]) => name!);
  assert.deepEqual(
    ['shard-main.js', 'kernels.wasm', 'page/'].map((name) => beside.includes(name)),
    [true, true, true],
  );
  assert.deepEqual(
    beside.filter((name) => !existsSync(join(bundle, name))),
    [],
  );
  const licenses = readFileSync(join(bundle, 'LICENSES.txt'), 'utf8');
  for (const name of ['preact', 'yaml', 'zod']) assert.match(licenses, new RegExp(`^${name}\n\n`, 'm'));
});

test('litestream names lines of the sources, in stack traces and log lines', async (t) => {
  const folder = folderWithDatabase(t);
  const debug = await litestream(['status', '-config', 'none.yml'], { cwd: folder, env: { LITESTREAM_DEBUG: '1' } });
  assert.match(
    debug.stderr,
    /\n {4}at .*\/src\/config\/read-file\.ts:\d+:\d+\)\n[\s\S]*\/cmd\/litestream\.ts:\d+:\d+\n/,
  );
  const config = readFileSync(join(folder, 'litestream.yml'), 'utf8');
  writeFileSync(join(folder, 'litestream.yml'), `logging: {source: true}\n${config}`);
  const once = await litestream(['replicate', '-once', '-config', 'litestream.yml'], { cwd: folder });
  assert.match(once.stderr, / source=src\/engine\/\S+\.ts:\d+ msg="read the whole database"/);
  assert.equal(once.code, 0, once.stderr);
});
