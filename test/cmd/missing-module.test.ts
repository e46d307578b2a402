import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { goldenFolder } from '../support/golden-files.ts';
import { projectRoot } from '../support/project-root.ts';

const compiled = fileURLToPath(new URL('../../bin', import.meta.url));

/** The program as it is installed where install scripts were not allowed to run: better-sqlite3 was never compiled. */
function installWithoutModule(folder: string): string {
  cpSync(compiled, join(folder, 'dist/bin'), { recursive: true });
  cpSync(join(projectRoot, 'package.json'), join(folder, 'package.json'));
  const packages = join(projectRoot, 'node_modules');
  const copies = join(folder, 'node_modules');
  mkdirSync(join(copies, 'better-sqlite3'), { recursive: true });
  for (const name of readdirSync(packages)) {
    if (name !== 'better-sqlite3') symlinkSync(join(packages, name), join(copies, name));
  }
  for (const part of ['lib', 'package.json']) {
    cpSync(join(packages, 'better-sqlite3', part), join(copies, 'better-sqlite3', part), { recursive: true });
  }
  return join(folder, 'dist/bin/litestream.js');
}

test('litestream without its native module says in one line how to get it, and restores nevertheless', (t) => {
  const folder = temporaryFolder(t);
  const entry = installWithoutModule(folder);
  const run = (...args: string[]) => spawnSync(process.execPath, [entry, ...args], { cwd: folder, encoding: 'utf8' });
  const url = `file://${join(goldenFolder, 'basic', 'replica')}`;
  mkdirSync(join(folder, '.app.db-litestream'));
  writeFileSync(join(folder, 'app.db'), 'old');
  writeFileSync(join(folder, '.app.db-litestream/position.json'), '{}');
  const lines = [
    ['restore', '-force', '-o', 'app.db', url],
    ['restore', '-integrity-check', 'quick', '-o', 'copy.db', url],
    ['reset', 'app.db'],
    ['replicate', 'app.db'],
  ];
  for (const args of lines) {
    const { status, stdout, stderr } = run(...args);
    assert.deepEqual([status, stdout], [1, ''], stderr);
    assert.match(
      stderr,
      /^(?:time=.* level=INFO .*\n)*Error: Cannot use SQLite: .* better-sqlite3 .* \(Could not locate .*\): run `npm .*`\n$/,
    );
  }
  const plain = run('restore', '-o', 'copy.db', url);
  assert.equal(plain.status, 0, plain.stderr);
  assert.equal(run('version').status, 0);
});
