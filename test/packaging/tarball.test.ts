import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { moduleRecorder } from '../support/module-recorder.ts';
import { projectRoot } from '../support/project-root.ts';

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
const name = `litestream-${version}-linux-${process.arch}`;
/** The program as somebody has it who unpacked the tarball on a machine without Node and made a link to it. */
function unpacked(t: TestContext) {
  const folder = temporaryFolder(t);
  execFileSync(process.execPath, [join(projectRoot, 'scripts/tarball.mjs'), '--out', folder, '--level', '1']);
  const archive = join(folder, `${name}.tar.gz`);
  const root = join(folder, 'a folder', name);
  mkdirSync(join(folder, 'a folder'));
  execFileSync('tar', ['-xzf', archive, '-C', join(folder, 'a folder')]);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(join(root, 'bin/litestream'), join(folder, 'link'));
  symlinkSync('../link', join(bin, 'litestream'));
  symlinkSync(execFileSync('sh', ['-c', 'command -v readlink'], { encoding: 'utf8' }).trim(), join(bin, 'readlink'));
  const cwd = join(folder, 'elsewhere');
  mkdirSync(cwd);
  const run = (words: readonly string[], variables: Record<string, string> = {}) =>
    spawnSync('/bin/sh', ['-c', 'litestream "$@"', 'sh', ...words], {
      cwd,
      env: { PATH: bin, HOME: '/nonexistent', ...variables },
      encoding: 'utf8',
    });
  return { folder, archive, root, cwd, run };
}

function makeDatabase(path: string, sizeBytes: number): void {
  const database = new Database(path);
  database.exec('pragma journal_mode = wal; create table t (x)');
  const insert = database.prepare('insert into t values (randomblob(?))');
  database.transaction(() => {
    for (let bytes = 0; bytes < sizeBytes; bytes += 100_000) insert.run(100_000);
  })();
  database.close();
}

/** Threads take nothing of the environment, and without them the work is done too: their program leaves a mark instead. */
function markThreads(folder: string, bin: string): string {
  const mark = join(folder, 'thread-started');
  renameSync(join(bin, 'thread-main.js'), join(bin, 'thread-original.js'));
  const marked = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(mark)}, '');\nawait import('./thread-original.js');\n`;
  writeFileSync(join(bin, 'thread-main.js'), marked);
  return mark;
}

test('the tarball runs where it was unpacked, without another Node, through links, with its processes and threads', {
  skip: process.platform !== 'linux' && 'the tarball is made for Linux',
}, async (t) => {
  const { folder, archive, root, cwd, run } = unpacked(t);

  await t.test('it holds what belongs to an installation, for everybody to read and for root to write', () => {
    for (const path of [
      'bin/litestream',
      'lib/litestream/node',
      'share/bash-completion/completions/litestream',
      'share/doc/litestream/CHANGELOG.md',
      'share/doc/litestream/LICENSE',
      'share/doc/litestream/README.md',
      'share/doc/litestream/litestream.service',
      'share/doc/litestream/litestream.yml',
      'share/fish/vendor_completions.d/litestream.fish',
      'share/man/man1/litestream.1',
      'share/zsh/site-functions/_litestream',
    ])
      assert.ok(existsSync(join(root, path)), path);
    assert.match(readFileSync(join(root, 'share/doc/litestream/LICENSE-node'), 'utf8'), /Node\.js is licensed for use/);
    const modes = execFileSync('tar', ['-tvzf', archive, '--numeric-owner'], { encoding: 'utf8' }).trim().split('\n');
    const programs = modes.filter((line) => /^-rwxr-xr-x 0\/0 /.test(line)).map((line) => line.split(`${name}/`)[1]);
    assert.ok(programs.includes('bin/litestream') && programs.includes('lib/litestream/node'));
    const others = modes.filter((line) => !/^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x) 0\/0 /.test(line));
    assert.deepEqual(others, []);
  });

  await t.test('it says its version, and that of the Node inside', () => {
    const { status, stdout, stderr } = run(['version', '-verbose']);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, new RegExp(`^Version:  v${version}\nNode:     ${process.version}\n`));
  });

  await t.test('it replicates in processes and threads of its own, and restores', () => {
    makeDatabase(join(cwd, 'large.db'), 36 << 20);
    makeDatabase(join(cwd, 'small.db'), 1);
    const entry = (db: string) => `{path: ${cwd}/${db}.db, replica: {path: ${cwd}/${db}-replica}}`;
    writeFileSync(join(cwd, 'c.yml'), `workers: 2\ndbs: [${entry('large')}, ${entry('small')}]\n`);
    const threadStarted = markThreads(folder, join(root, 'lib/litestream/dist/bin'));
    const list = join(folder, 'loaded');
    const recorded = { LOADED: list, NODE_OPTIONS: `--import=${moduleRecorder}` };
    const once = run(['replicate', '-once', '-config', 'c.yml'], recorded);
    assert.equal(once.status, 0, once.stderr);
    const restored = run(['restore', '-o', 'copy.db', '-integrity-check', 'quick', `file://${cwd}/large-replica`]);
    assert.equal(restored.status, 0, restored.stderr);
    const rows = (path: string) =>
      new Database(join(cwd, path)).prepare('select count(*), sum(length(x)) from t').get();
    assert.deepEqual(rows('copy.db'), rows('large.db'));
    const files = [...new Set(readFileSync(list, 'utf8').split('\n'))].filter((url) => url.startsWith('file:'));
    const program = pathToFileURL(join(root, 'lib/litestream')).href;
    for (const path of ['dist/bin/litestream.js', 'dist/bin/shard-main.js'])
      assert.ok(files.includes(`${program}/${path}`), path);
    assert.ok(existsSync(threadStarted), 'a kernel thread was started');
    assert.deepEqual(
      files.filter((url) => !url.startsWith(`${program}/`)),
      [],
    );
  });

  await t.test('it needs its kernels, and finds them beside itself', () => {
    rmSync(join(root, 'lib/litestream/dist/bin/kernels.wasm'));
    const { status, stderr } = run(['restore', '-o', 'other.db', `file://${cwd}/small-replica`]);
    assert.equal(status, 1);
    assert.match(stderr, /Cannot load the kernels: .*\/lib\/litestream\/dist\/bin\/kernels\.wasm is missing/);
  });

  await t.test('every package that the command may load works there, and none is there for installing only', () => {
    const program = join(root, 'lib/litestream');
    const { dependencies } = JSON.parse(readFileSync(join(program, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    // By the names that the command imports them by: one of them cannot be loaded by its own.
    const bundle = readdirSync(join(program, 'dist/bin')).filter((name) => name.endsWith('.js'));
    const imported = new Set(
      bundle.flatMap((name) => {
        const text = readFileSync(join(program, 'dist/bin', name), 'utf8');
        return [...text.matchAll(/(?:from|import\() ?"([^".][^"]*)"/g)].map(([, path]) => path!);
      }),
    );
    const external = [...imported].filter((path) => Object.keys(dependencies).some((name) => path.startsWith(name)));
    for (const needed of [
      'better-sqlite3',
      'prom-client',
      '@aws-sdk/client-s3',
      '@modelcontextprotocol/sdk/server/mcp.js',
    ])
      assert.ok(external.includes(needed), needed);
    const imports = external.map((path) => `await import(${JSON.stringify(path)});`).join('\n');
    const words = ['--input-type=module', '-e', `${imports}\nconsole.log('loaded')`];
    const loaded = spawnSync(join(program, 'node'), words, {
      cwd: join(program, 'dist/bin'),
      env: {},
      encoding: 'utf8',
    });
    assert.deepEqual([loaded.status, loaded.stdout], [0, 'loaded\n'], loaded.stderr);
    const found = readdirSync(join(program, 'node_modules'));
    for (const unwanted of ['prebuild-install', 'typescript', 'esbuild'])
      assert.ok(!found.includes(unwanted), unwanted);
  });
});
