import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AttachedFiles } from '../../src/sqlite/attached-files.ts';
import { LiveDatabase } from '../../src/sqlite/live-database.ts';
import { projectRoot } from '../support/project-root.ts';
import { descriptorCount, liveFixture, makeDirectory } from './live-fixture.ts';

const attachProgram = fileURLToPath(new URL('./attach-program.js', import.meta.url));

/** Runs the attach program as somebody whom file modes bind. */
function attachAsOrdinaryUser(path: string) {
  const user = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  const [command, ...rest] = [...user, process.execPath, attachProgram, path];
  return JSON.parse(execFileSync(command!, rest, { encoding: 'utf8' }));
}

function refusal(path: string): { code: string; message: string; hint: string | undefined } {
  const attached = new AttachedFiles();
  let refused: unknown;
  assert.throws(
    () => LiveDatabase.open(path, attached),
    (error) => {
      refused = error;
      return true;
    },
  );
  assert.equal(descriptorCount(path), 0, 'nothing is left open');
  assert.throws(() => LiveDatabase.open(path, attached), {
    name: 'LiveError',
    code: (refused as { code: string }).code,
  });
  return refused as ReturnType<typeof refusal>;
}

test('LiveDatabase.open names the process that holds a database in EXCLUSIVE mode, and attaches after it', async (t) => {
  const { path, application } = await liveFixture(t);
  await application.run('pragma locking_mode = exclusive', 'insert into t values (1)');
  const { code, message, hint } = refusal(path);
  assert.equal(code, 'exclusive');
  assert.equal(message, `Cannot attach database ${path}: process ${application.pid} holds it in EXCLUSIVE mode`);
  assert.match(hint ?? '', /locking_mode = NORMAL/);
  await application.run('pragma locking_mode = normal', 'select * from t');
  LiveDatabase.open(path, new AttachedFiles()).close();
});

test('LiveDatabase.open refuses what is no database and leaves it alone', (t) => {
  const directory = makeDirectory(t);
  const path = join(directory, 'x.db');
  assert.equal(refusal(path).code, 'absent');
  writeFileSync(path, '');
  assert.equal(refusal(path).code, 'absent');
  writeFileSync(path, randomBytes(8192));
  const encrypted = refusal(path);
  assert.equal(encrypted.code, 'not-a-database');
  assert.match(encrypted.message, /not a SQLite database, or an encrypted one$/);
  writeFileSync(path, 'short');
  assert.equal(refusal(path).code, 'not-a-database');
  assert.equal(refusal(directory).code, 'not-a-database');
  assert.deepEqual(readdirSync(directory), ['x.db']);
});

test('LiveDatabase.open refuses a database in a rollback-journal mode', async (t) => {
  const { path, application } = await liveFixture(t);
  await application.run('pragma journal_mode = delete');
  const { code, message } = refusal(path);
  assert.equal(code, 'not-wal');
  assert.match(message, /it is in mode delete, not WAL$/);
  assert.equal(existsSync(`${path}-shm`), false);
});

const modes: [string, (path: string) => void, RegExp][] = [
  ['that it may not read', (path) => chmodSync(path, 0), /no permission to read it$/],
  ['that it may not write', (path) => chmodSync(path, 0o444), /no permission to write it, which checkpoints need$/],
  [
    'whose -shm file it may not write',
    (path) => chmodSync(`${path}-shm`, 0o444),
    /no permission to write .*app\.db-shm$/,
  ],
];

for (const [name, restrict, expected] of modes) {
  test(`LiveDatabase.open says so of a database ${name}`, async (t) => {
    const { path } = await liveFixture(t);
    for (const suffix of ['', '-wal', '-shm']) chmodSync(path + suffix, 0o666);
    chmodSync(dirname(path), 0o777);
    assert.equal(attachAsOrdinaryUser(path).attached.code, 'none');
    restrict(path);
    const { attached } = attachAsOrdinaryUser(path);
    assert.equal(attached.code, 'denied', attached.message);
    assert.match(attached.message, expected);
    assert.match(attached.hint, /permissions of the application/);
  });
}

test('LiveDatabase.open says so of a database in a read-only directory', async (t) => {
  const { path, application } = await liveFixture(t);
  await application.close();
  chmodSync(path, 0o666);
  chmodSync(dirname(path), 0o555);
  const { inspected, attached } = attachAsOrdinaryUser(path);
  chmodSync(dirname(path), 0o755);
  assert.deepEqual([inspected.code, inspected.message], ['none', 'wal']);
  assert.equal(attached.code, 'denied', attached.message);
  assert.match(attached.message, /no permission to make its -wal and -shm files$/);
});

test('LiveDatabase.open says in one line that the native module is missing', async (t) => {
  const { path } = await liveFixture(t);
  const directory = makeDirectory(t);
  const compiled = dirname(dirname(dirname(attachProgram)));
  for (const part of ['src/sqlite', 'src/format', 'src/kernel', 'src/runtime', 'test/sqlite']) {
    mkdirSync(join(directory, dirname(part)), { recursive: true });
    cpSync(join(compiled, part), join(directory, part), { recursive: true });
  }
  const modules = join(projectRoot, 'node_modules');
  mkdirSync(join(directory, 'node_modules/better-sqlite3'), { recursive: true });
  for (const name of ['lib', 'package.json']) {
    cpSync(join(modules, 'better-sqlite3', name), join(directory, 'node_modules/better-sqlite3', name), {
      recursive: true,
    });
  }
  for (const name of ['bindings', 'file-uri-to-path'])
    symlinkSync(join(modules, name), join(directory, 'node_modules', name));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  const output = execFileSync(process.execPath, [join(directory, 'test/sqlite/attach-program.js'), path], {
    encoding: 'utf8',
  });
  const { attached } = JSON.parse(output);
  assert.equal(attached.code, 'native-module-missing');
  assert.match(attached.message, /^[^\n]+: the native module better-sqlite3 is not built for this Node$/);
  assert.match(attached.hint, /^[^\n]*npm rebuild better-sqlite3[^\n]*$/);
});
