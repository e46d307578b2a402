import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FileLeaseStore, type FileLeaseStoreOptions } from '../../../src/replica/file/file-lease-store.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { leaseRecord } from '../../conformance/lease-record.ts';
import { describeLeaseStore, type LeaseFixture } from '../../conformance/lease-store.ts';
import { noHardLinks } from './file-fixture.ts';

describeLeaseStore('file', () => openFixture());
describeLeaseStore('file without hard links', () => openFixture({ link: noHardLinks('EPERM') }));

describe('FileLeaseStore', () => {
  test('write keeps the newest files and removes older ones', async () => {
    await using lease = await openFixture();
    let seen: Awaited<ReturnType<typeof lease.store.read>>;
    for (let number = 1; number <= 30; number += 1) {
      await lease.store.write(leaseRecord({ generation: number }), seen);
      seen = await lease.store.read();
    }
    const kept = Array.from({ length: 16 }, (_, at) => `lock.${at + 15}.json`);
    assert.deepEqual(await readdir(lease.path), kept);
  });

  test('write makes files that only their owner reads', async () => {
    await using lease = await openFixture();
    await lease.store.write(leaseRecord(), undefined);
    assert.equal((await stat(join(lease.path, 'lock.1.json'))).mode & 0o777, 0o600);
  });

  test('read passes over what is no lease file', async () => {
    await using lease = await openFixture();
    await lease.store.write(leaseRecord(), undefined);
    for (const name of ['lock.json', 'lock.09.json', 'lock.5.json.0123456789abcdef.tmp', 'lock.7.jsonx']) {
      await writeFile(join(lease.path, name), 'x');
    }
    await mkdir(join(lease.path, 'lock.8.json.claim'));
    assert.equal((await lease.store.read())?.tag, 'lock.1.json');
  });

  test('write to a place where no directory can be says so', async () => {
    await using lease = await openFixture();
    await mkdir(join(lease.path, '..'), { recursive: true });
    await writeFile(lease.path, 'a file');
    const message = /Cannot write .*lock\.1\.json: a part of its path is a file/;
    await assert.rejects(lease.store.write(leaseRecord(), undefined), { code: 'unavailable', message });
  });
});

async function openFixture(
  options: Omit<FileLeaseStoreOptions, 'path'> = {},
): Promise<LeaseFixture & { readonly path: string }> {
  const root = await mkdtemp(join(tmpdir(), 'file-lease-'));
  const path = join(root, 'deep', 'replica');
  const services = { durableFiles: new DurableFiles(), logger: silentLogger };
  const open = () => new FileLeaseStore({ ...options, path }, services);
  return {
    path,
    store: open(),
    reopen: open,
    async plant(bytes) {
      await mkdir(path, { recursive: true });
      await writeFile(join(path, 'lock.1.json'), bytes);
    },
    async [Symbol.asyncDispose]() {
      await rm(root, { recursive: true });
    },
  };
}
