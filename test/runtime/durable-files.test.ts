import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { lockedDirectoryPublisher } from '../../src/runtime/publisher.ts';

const durableFiles = new DurableFiles();

test('PendingFile that another one of the same temporary name took over is neither published nor removed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'durable-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const publish of ['replace', 'create'] as const) {
    const path = join(folder, publish);
    const first = await durableFiles.begin('restore-marker', path);
    await first.append(Buffer.from('first'));
    const second = await durableFiles.begin('restore-marker', path);
    await second.append(Buffer.from('sec'));
    await assert.rejects(first[publish](), { code: 'temporary-taken' });
    await first.discard();
    assert.deepEqual(readdirSync(folder), [`${publish}.tmp`]);
    await second.append(Buffer.from('ond'));
    await second[publish]();
    assert.deepEqual(readdirSync(folder), [publish]);
    assert.equal(readFileSync(path, 'utf8'), 'second');
    rmSync(path);
  }
});

test('PendingFile.discard removes the temporary file, also when it is gone already', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'durable-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  const file = await durableFiles.begin('restore-marker', path);
  await file.discard();
  assert.deepEqual(readdirSync(folder), []);
  const other = await durableFiles.begin('restore-marker', path);
  rmSync(`${path}.tmp`);
  await other.discard();
  assert.deepEqual(readdirSync(folder), []);
});

test('PendingFile.fill writes a whole file and its time, and keeps its bytes', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'durable-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  const file = await durableFiles.begin('local-ltx', path);
  await file.fill(Buffer.from('all of it'), 1_763_716_000_123);
  assert.equal(Buffer.from(file.content!).toString(), 'all of it');
  assert.equal(await file.create(), 'created');
  assert.equal(readFileSync(path, 'utf8'), 'all of it');
  assert.equal(Math.floor(statSync(path).mtimeMs), 1_763_716_000_123);
});

test('PendingFile.create in a locked directory leaves a file that is there, and no temporary one', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'durable-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  for (const [text, outcome] of [
    ['first', 'created'],
    ['second', 'exists'],
  ] as const) {
    const file = await durableFiles.begin('local-ltx', path, { publisher: lockedDirectoryPublisher });
    await file.append(Buffer.from(text));
    assert.equal(await file.create(), outcome);
    assert.equal(readFileSync(path, 'utf8'), 'first');
    assert.deepEqual(readdirSync(folder), ['file']);
  }
});
