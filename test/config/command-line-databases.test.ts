import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { commandLineDatabases } from '../../src/config/command-line-databases.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { databaseIn, isCandidate } from '../../src/config/directory-databases.ts';
import { diskDirectoryReader } from '../../src/config/disk-directory-reader.ts';

let root = '';
const files = ['a.db', 'a.db-wal', 'a.db-shm', 'a.db-journal', 'b.db', 'c.txt', 'x.tmp', '.a.db-litestream/ltx/0/l.db'];
const deeper = ['one/app.db', 'two/app.db', 'two/b.db-replica/ltx/old.db', 'a.db-replica/ltx/0/r.db', '.hidden.db'];

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'words-'));
  for (const name of [...files, ...deeper]) {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), '');
  }
  await symlink(join(root, 'one'), join(root, 'link'));
  await symlink(join(root, 'one/app.db'), join(root, 'linked.db'));
});
after(() => rm(root, { recursive: true }));

async function meaning(words: string[], replicaUrl?: string) {
  const context = { workingDirectory: root, homeDirectory: '/home/me', reader: diskDirectoryReader, replicaUrl };
  const { candidates, directories } = await commandLineDatabases(words, context);
  const below = (path: string) => path.replace(`${root}/`, '');
  return {
    pairs: candidates.map(
      ({ database, explicit }) =>
        `${explicit ? '!' : ''}${below(database.path)} > ${database.replicas.map(({ location }) => below(location.path)).join(' ')}`,
    ),
    directories,
  };
}

test('commandLineDatabases: one plain path has the URLs as its replicas', async () => {
  assert.deepEqual((await meaning(['a.db', 'file:///x'])).pairs, ['!a.db > /x']);
  assert.deepEqual((await meaning(['file:///x', 'a.db', 'file:///y'])).pairs, ['!a.db > /x /y']);
  assert.deepEqual((await meaning(['sqlite://new.db', 'file:///x'])).pairs, ['!new.db > /x']);
});

test('commandLineDatabases: several plain paths go below the URL by their file names', async () => {
  assert.deepEqual((await meaning(['a.db', 'one/app.db', 'file:///x', 'file:///y'])).pairs, [
    '!a.db > /x/a.db /y/a.db',
    '!one/app.db > /x/app.db /y/app.db',
  ]);
});

test('commandLineDatabases: without a URL the variable counts, else the directory beside each database', async () => {
  assert.deepEqual((await meaning(['a.db'], 'file:///x')).pairs, ['!a.db > /x']);
  assert.deepEqual((await meaning(['a.db', 'b.db'], 'file:///x')).pairs, ['!a.db > /x/a.db', '!b.db > /x/b.db']);
  assert.deepEqual((await meaning(['a.db', 'b.db'])).pairs, ['!a.db > a.db-replica', '!b.db > b.db-replica']);
  assert.deepEqual((await meaning(['*.db'])).pairs[1], 'a.db > a.db-replica');
});

test('commandLineDatabases: a quoted glob keeps the folders below its fixed part and is watched', async () => {
  const { pairs, directories } = await meaning(['*/*.db', 'file:///x']);
  assert.deepEqual(pairs, ['one/app.db > /x/one/app.db', 'two/app.db > /x/two/app.db']);
  const [directory = assert.fail()] = directories;
  assert.deepEqual([directory.directory, directory.pattern, directory.watch], [root, '*/*.db', true]);
  assert.ok(isCandidate(directory, join(root, 'three/new.db')));
  assert.ok(!isCandidate(directory, join(root, 'new.db')));
  assert.ok(!isCandidate(directory, join(root, 'x.db-replica/new.db')));
  assert.equal(databaseIn(directory, join(root, 'three/new.db')).replicas[0]?.url, 'file:///x/three/new.db');
  assert.equal(databaseIn(directory, join(root, 'three/new.db')).metaPath, join(root, 'three/.new.db-litestream'));
});

test('commandLineDatabases: a directory means every file below it but those that lie beside databases', async () => {
  assert.deepEqual((await meaning(['.', 'file:///x'])).pairs, [
    '.hidden.db > /x/.hidden.db',
    'a.db > /x/a.db',
    'b.db > /x/b.db',
    'c.txt > /x/c.txt',
    'linked.db > /x/linked.db',
    'one/app.db > /x/one/app.db',
    'two/app.db > /x/two/app.db',
  ]);
});

test('commandLineDatabases: what a shell makes of an unquoted * leaves out replicas and SQLite files', async () => {
  const words = [...files.slice(0, 6), 'x.tmp', 'a.db-replica', '.a.db-litestream', 'two'];
  assert.deepEqual((await meaning(words)).pairs, [
    '!a.db > a.db-replica',
    '!b.db > b.db-replica',
    '!c.txt > c.txt-replica',
    'two/app.db > two/app.db-replica',
  ]);
});

test('commandLineDatabases: a file that is named and found is one candidate', async () => {
  assert.deepEqual((await meaning(['b.db', 'b*.db', './b.db'])).pairs, ['!b.db > b.db-replica']);
});

test('commandLineDatabases: a glob without matches is watched', async () => {
  const { pairs, directories } = await meaning(['none/*.db', 'file:///x']);
  assert.deepEqual([pairs, directories.length], [[], 1]);
});

test('commandLineDatabases refuses shared paths naming both, and words that are no databases', async () => {
  const usage = (words: string[], message: RegExp) =>
    assert.rejects(
      meaning(words),
      (error) => error instanceof ConfigError && error.code === 'usage' && message.test(error.message),
    );
  await usage(
    ['one/app.db', 'two/app.db', 'file:///x'],
    /one\/app\.db and .*two\/app\.db: both .* replica file:\/\/\/x\/app\.db$/,
  );
  await usage(['a.db', 'file:///x', 'file:///x'], /two of its replicas are file:\/\/\/x/);
  await usage(['a.db-wal', 'file:///x'], /a\.db-wal: not a database/);
  await usage(['file:///x'], /no database is named/);
  await usage(['a.db', 'ftp://x'], /type "ftp" is unknown/);
});
