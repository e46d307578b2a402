import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { link as hardLink, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { LtxBody, SharedFile } from '../../../src/replica/replica-client.ts';
import { file } from '../../conformance/replica-client/fixture.ts';
import { openFileFixture } from './file-fixture.ts';

const largeBytes = 64 << 20;
const timestampMs = 1_763_716_000_123;
const name = '0000000000000001-0000000000000001.ltx';

/** A file with something at its start and its end. */
async function localFile(t: TestContext, sizeBytes: number): Promise<LtxBody & { shared: SharedFile }> {
  const folder = await mkdtemp(join(tmpdir(), 'share-file-'));
  t.after(() => rm(folder, { recursive: true }));
  const sharedPath = join(folder, name);
  const handle = await open(sharedPath, 'wx', 0o600);
  await handle.write('start', 0);
  await handle.write('the end', sizeBytes - 7);
  await handle.close();
  return {
    sizeBytes,
    timestampMs,
    shared: { path: sharedPath, isKnown: false },
    open: () => createReadStream(sharedPath, { highWaterMark: 1 << 20 }),
  };
}

/** As if every directory were on a file system of its own. */
async function onOtherFileSystems(existingPath: string, newPath: string): Promise<void> {
  if (dirname(existingPath) === dirname(newPath)) return hardLink(existingPath, newPath);
  throw Object.assign(new Error('EXDEV: cross-device link'), { code: 'EXDEV' });
}

test('write gives a local file a second name, with its time, and never replaces one', async (t) => {
  await using replica = await openFileFixture();
  const body = await localFile(t, largeBytes);
  assert.equal(await replica.client.write(file(0, 1), body), 'created');
  const stored = join(replica.levelDirectory(0), name);
  const { ino, nlink, mtimeMs } = await stat(stored);
  assert.deepEqual([ino, nlink, Math.floor(mtimeMs)], [(await stat(body.shared.path)).ino, 2, timestampMs]);
  const other = await localFile(t, largeBytes);
  assert.equal(await replica.client.write(file(0, 1), other), 'exists');
  assert.equal((await stat(stored)).ino, ino);
  await rm(body.shared.path);
  assert.equal((await stat(stored)).size, largeBytes);
});

test('write copies a local file where it cannot have a second name', async (t) => {
  for (const sizeBytes of [largeBytes, 1 << 20]) {
    await using replica = await openFileFixture({ link: onOtherFileSystems });
    const body = await localFile(t, sizeBytes);
    assert.equal(await replica.client.write(file(0, 1), body), 'created');
    const stored = join(replica.levelDirectory(0), name);
    const { ino, nlink, size } = await stat(stored);
    assert.notEqual(ino, (await stat(body.shared.path)).ino);
    assert.deepEqual([nlink, size], [1, sizeBytes]);
    const handle = await open(stored);
    const end = await handle.read(Buffer.alloc(7), 0, 7, sizeBytes - 7);
    await handle.close();
    assert.equal(end.buffer.toString(), 'the end');
  }
});
