import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ScratchFile } from '../../../src/engine/compaction/scratch-file.ts';
import { temporaryFolder } from '../scene.ts';

async function read(file: ScratchFile, sizeBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of file.chunks(sizeBytes)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

test('ScratchFile makes nothing on the disk as long as it is small', async (t) => {
  const folder = temporaryFolder(t);
  const file = new ScratchFile(join(folder, 'scratch'));
  await file.writeAt(Buffer.from('the end'), 10_000);
  await file.writeAt(Buffer.from('start'), 0);
  const bytes = await read(file, 10_007);
  assert.equal(bytes.subarray(0, 5).toString(), 'start');
  assert.equal(bytes.subarray(10_000).toString(), 'the end');
  await assert.rejects(file.readAt(new Uint8Array(1), 1 << 18), /nothing at byte 262144/);
  assert.deepEqual(readdirSync(folder), []);
  await file.close();
});

test('ScratchFile goes over to a file without a name, with what was written before', async (t) => {
  const folder = temporaryFolder(t);
  const file = new ScratchFile(join(folder, 'scratch'));
  await file.writeAt(Buffer.from('start'), 0);
  await Promise.all([2, 1].map((megabytes) => file.writeAt(Buffer.from(`${megabytes} MB`), megabytes << 20)));
  await file.writeAt(Buffer.from('START'), 0);
  const bytes = await read(file, (2 << 20) + 4);
  assert.equal(bytes.subarray(0, 5).toString(), 'START');
  for (const megabytes of [1, 2]) {
    assert.equal(bytes.subarray(megabytes << 20, (megabytes << 20) + 4).toString(), `${megabytes} MB`);
  }
  assert.deepEqual(readdirSync(join(folder, 'scratch')), []);
  await file.close();
});
