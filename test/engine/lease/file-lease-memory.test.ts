import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FileLeaseMemory } from '../../../src/engine/lease/file-lease-memory.ts';
import { readMachineIdentity } from '../../../src/engine/lease/machine-identity.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';

describe('FileLeaseMemory', () => {
  test('load gives what was saved last, and nothing before', async () => {
    await using scene = await openScene();
    assert.equal(await scene.memory.load(), undefined);
    for (const write of [{ tag: '"abc"', nonce: '00ff' }, undefined]) {
      await scene.memory.save({ epoch: 7, write, machine: 'm/1' });
      assert.deepEqual(await scene.memory.load(), { epoch: 7, write, machine: 'm/1' });
    }
    assert.equal((await stat(scene.path)).mode & 0o777, 0o600);
  });

  test('load passes over what it cannot understand', async () => {
    await using scene = await openScene();
    for (const text of ['', '{', '{"version":2}', '{"version":1,"epoch":-1,"write":null,"machine":""}']) {
      await writeFile(scene.path, text);
      assert.equal(await scene.memory.load(), undefined);
    }
  });
});

test('readMachineIdentity is the same every time', async () => {
  const identity = await readMachineIdentity();
  assert.match(identity ?? '', /\/[0-9a-f-]{36}$/);
  assert.equal(await readMachineIdentity(), identity);
});

async function openScene(): Promise<AsyncDisposable & { readonly path: string; readonly memory: FileLeaseMemory }> {
  const directory = await mkdtemp(join(tmpdir(), 'lease-memory-'));
  const path = join(directory, 'lease.json');
  return {
    path,
    memory: new FileLeaseMemory(path, { durableFiles: new DurableFiles() }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}
