import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DurableFiles } from '../../src/runtime/durable-files.ts';

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
