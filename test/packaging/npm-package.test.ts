import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { projectRoot } from '../support/project-root.ts';

const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
  bin: { litestream: string };
};

/** Every file of the package: documents, the bundled command, and of each source of the library what it was compiled to. */
function expectedFiles(): string[] {
  const sources = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/^(kernel\/assembly|dashboard\/page)\//.test(path))
    .map((path) => path.slice(0, -'.ts'.length));
  const page = readdirSync(join(projectRoot, 'dist/bin/page')).map((path) => `dist/bin/page/${path}`);
  const bundle = readdirSync(join(projectRoot, 'dist/bin'), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => `dist/bin/${name}`);
  const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'litestream.yml', 'package.json'];
  const library = sources.flatMap((path) => ['js', 'js.map', 'd.ts'].map((ending) => `dist/src/${path}.${ending}`));
  return [...documents, ...bundle, ...page, ...library, 'dist/src/kernel/kernels.wasm'].sort();
}

/**
 * A project with nothing in it but, from the last run on, the packages of others as npm laid them out: thousands of files that are
 * the same each time. Outside of the checkout, whose own packages Node would find from below.
 */
function emptyProject(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'npm-project-'));
  const modules = join(folder, 'node_modules');
  const kept = join(projectRoot, '.cache/npm-project-modules');
  move(kept, modules);
  t.after(() => {
    rmSync(join(modules, manifest.name), { recursive: true, force: true });
    move(modules, kept);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {} // nothing is kept yet, or not on the same file system: npm lays it out anew
}

/** Our lock file as that of a project that depends on the packed package and on nothing else. */
function writeProject(folder: string, archive: string): void {
  const { packages, ...rest } = JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devDependencies?: unknown }>;
  };
  const { '': ours, ...others } = packages;
  const { devDependencies: _, ...own } = ours!;
  const needed = Object.entries(others).filter(([, { dev }]) => dev !== true);
  const project = {
    name: 'project',
    version: '1.0.0',
    type: 'module',
    dependencies: { [manifest.name]: `file:${archive}` },
  };
  const lock = {
    ...rest,
    ...project,
    packages: {
      '': project,
      [`node_modules/${manifest.name}`]: { ...own, version: manifest.version, resolved: `file:${archive}` },
      ...Object.fromEntries(needed),
    },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
}

const program = `
import { restore, Store } from '${manifest.name}';
const replicas = 'replica';
const store: Store = await Store.open({ databases: [{ path: 'app.db', replicas }] });
const txid: bigint = await store.sync('app.db');
await store.close();
const { outcome } = await restore({ replicas, output: 'by-library.db' });
console.log(outcome, txid > 0n);
`;

test('the npm package holds what it needs and nothing else, and works in an empty project', async (t) => {
  const folder = emptyProject(t);
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', pack, { cwd: projectRoot, encoding: 'utf8' })) as {
    filename: string;
    files: { path: string; mode: number }[];
  }[];

  await t.test('its files are those that are expected', () => {
    assert.deepEqual(packed!.files.map(({ path }) => path).sort(), expectedFiles());
    assert.match(readFileSync(join(projectRoot, manifest.bin.litestream), 'utf8'), /^#!\/usr\/bin\/env node\n/);
    const programs = packed!.files.filter(({ mode }) => (mode & 0o111) !== 0).map(({ path }) => path);
    assert.deepEqual(programs, [manifest.bin.litestream]);
  });

  // npm itself unpacks the package and places its dependencies, from its cache where they are in it. Not proven is that
  // better-sqlite3's install script runs: its module is the one that was compiled for this project, which saves a minute.
  await t.test('npm installs it', () => {
    writeProject(folder, packed!.filename);
    const words = ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    const { status, stderr } = spawnSync('npm', words, { cwd: folder, encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
    const compiled = 'better-sqlite3/build/Release/better_sqlite3.node';
    mkdirSync(join(folder, 'node_modules/better-sqlite3/build/Release'), { recursive: true });
    cpSync(join(projectRoot, 'node_modules', compiled), join(folder, 'node_modules', compiled));
    const installed = readdirSync(join(folder, 'node_modules'));
    assert.ok(!installed.includes('typescript') && !installed.includes('esbuild'));
  });

  await t.test('its command replicates and restores', () => {
    const database = new Database(join(folder, 'app.db'));
    database.exec('pragma journal_mode = wal; create table t (x); insert into t values (7)');
    database.close();
    const litestream = (...words: string[]) =>
      spawnSync('npx', ['--no-install', 'litestream', ...words], { cwd: folder, encoding: 'utf8' });
    assert.equal(litestream('version').stdout, `v${manifest.version}\n`);
    const once = litestream('replicate', '-once', 'app.db', `file://${folder}/replica`);
    assert.equal(once.status, 0, once.stderr);
    const restored = litestream('restore', '-o', 'copy.db', `file://${folder}/replica`);
    assert.equal(restored.status, 0, restored.stderr);
    assert.deepEqual(new Database(join(folder, 'copy.db')).prepare('select x from t').pluck().all(), [7]);
  });

  await t.test('a TypeScript program that imports it compiles and runs', () => {
    writeFileSync(join(folder, 'main.ts'), program);
    const ours = join(projectRoot, 'node_modules');
    const flags = '--strict --module nodenext --target es2023 --types node --typeRoots'.split(' ');
    const tsc = [join(ours, 'typescript/bin/tsc'), ...flags, join(ours, '@types'), 'main.ts'];
    const compiled = spawnSync(process.execPath, tsc, { cwd: folder, encoding: 'utf8' });
    assert.deepEqual([compiled.status, compiled.stdout], [0, '']);
    assert.equal(execFileSync(process.execPath, ['main.js'], { cwd: folder, encoding: 'utf8' }), 'restored true\n');
  });
});
