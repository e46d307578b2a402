import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AttachedFiles } from '../../src/sqlite/attached-files.ts';
import { inspectDatabase, inspectFoundDatabase, switchToWal } from '../../src/sqlite/inspect-database.ts';
import { liveFixture, makeDirectory } from './live-fixture.ts';

test('inspectDatabase tells what a file is without leaving anything behind', async (t) => {
  const { path, application, attached } = await liveFixture(t);
  assert.equal(inspectDatabase(path, attached), 'wal');
  await application.run('pragma journal_mode = delete');
  assert.equal(inspectDatabase(path, attached), 'rollback-journal');
  const directory = makeDirectory(t);
  assert.equal(inspectDatabase(join(directory, 'none'), attached), 'absent');
  assert.equal(inspectDatabase(join(path, 'below-a-file'), attached), 'absent');
  assert.equal(inspectDatabase(directory, attached), 'foreign');
  for (const [bytes, kind] of [
    ['', 'absent'],
    ['text', 'foreign'],
    [randomBytes(4096), 'foreign'],
  ] as const) {
    writeFileSync(join(directory, 'file'), bytes);
    assert.equal(inspectDatabase(join(directory, 'file'), attached), kind);
  }
  execFileSync('mkfifo', [join(directory, 'pipe')]);
  assert.equal(inspectDatabase(join(directory, 'pipe'), attached), 'foreign');
});

test('inspectFoundDatabase tells a file that is being copied from a whole one, and from one that a WAL completes', async (t) => {
  const { path, application, attached } = await liveFixture(t);
  await application.run('insert into t values (hex(randomblob(20000)))', 'pragma wal_checkpoint(truncate)');
  const bytes = readFileSync(path);
  const copy = join(makeDirectory(t), 'copy.db');
  for (const [part, kind] of [
    [bytes.subarray(0, 0), 'absent'],
    [bytes.subarray(0, 4096), 'incomplete'],
    [bytes.subarray(0, -1), 'incomplete'],
    [bytes, 'wal'],
  ] as const) {
    writeFileSync(copy, part);
    assert.equal(inspectFoundDatabase(copy, attached), kind);
  }
  writeFileSync(copy, bytes.subarray(0, 4096));
  writeFileSync(`${copy}-wal`, 'frames');
  assert.equal(inspectFoundDatabase(copy, attached), 'wal');
});

test('switchToWal changes the mode and nothing else', async (t) => {
  const { path, application } = await liveFixture(t);
  await application.run('insert into t values (1)', 'pragma journal_mode = delete');
  const before = readFileSync(path);
  switchToWal(path);
  assert.equal(inspectDatabase(path, new AttachedFiles()), 'wal');
  const after = readFileSync(path);
  // Versions at 18 and 19, change counter at 24 and 92, library version at 96.
  const changed = [...after.keys()].filter((i) => after[i] !== before[i]);
  assert.deepEqual(
    changed.filter((i) => ![18, 19, 27, 95, 96, 97, 98, 99].includes(i)),
    [],
  );
  assert.equal(after.length, before.length);
  assert.deepEqual(await application.run('select x from t'), [[1]]);
});

test('switchToWal is busy while an application reads or writes', async (t) => {
  const { path, application } = await liveFixture(t);
  await application.run('pragma journal_mode = delete');
  for (const begin of ['begin; select * from t', 'begin immediate', 'begin exclusive']) {
    await application.run(...begin.split('; '));
    assert.throws(() => switchToWal(path), { name: 'LiveError', code: 'busy' }, begin);
    await application.run('rollback');
    assert.equal(inspectDatabase(path, new AttachedFiles()), 'rollback-journal');
  }
  writeFileSync(`${path}.text`, 'not a database at all');
  assert.throws(() => switchToWal(`${path}.text`), { code: 'not-a-database' });
  assert.throws(() => switchToWal(`${path}.none`), { code: 'unavailable' });
});
