import assert from 'node:assert/strict';
import { existsSync, linkSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { ReplicaError } from '../../../src/replica/replica-error.ts';
import { body, bytesOf, file, listAll, readAll } from '../../conformance/replica-client/fixture.ts';
import { describeReplicaClient } from '../../conformance/replica-client.ts';
import { noHardLinks, openFileFixture } from './file-fixture.ts';

describeReplicaClient('file', { open: () => openFileFixture(), features: { boundedMemory: true } });

describeReplicaClient('file without hard links', {
  open: () => openFileFixture({ link: noHardLinks('EPERM') }),
  features: { boundedMemory: true },
});

const first = '0000000000000001-0000000000000001.ltx';

describe('FileReplicaClient', () => {
  test('write gives files their header time to the millisecond, mode 0600, and makes directories of mode 0700', async () => {
    await using replica = await openFileFixture();
    for (let at = 0; at < 40; at += 1) {
      const timestampMs = 1_763_716_000_000 + at * 7919;
      await replica.client.write(file(0, at + 1), { ...body(bytesOf(10)), timestampMs });
      const name = `${String((at + 1).toString(16)).padStart(16, '0')}`;
      const stats = await stat(join(replica.levelDirectory(0), `${name}-${name}.ltx`), { bigint: true });
      assert.equal(stats.mtimeNs / 1_000_000n, BigInt(timestampMs));
      assert.ok(stats.mtimeNs % 1_000_000n < 1000n);
      assert.equal(stats.mode & 0o7777n, 0o600n);
      assert.equal(stats.nlink, 1n);
    }
    for (let path = replica.levelDirectory(0); path !== dirname(dirname(replica.path)); path = dirname(path)) {
      assert.equal((await stat(path)).mode & 0o7777, 0o700, path);
    }
  });

  test('write makes the directory again after it was removed, moved away, and while it is open', async () => {
    await using replica = await openFileFixture();
    await replica.client.write(file(0, 1), body(bytesOf(10)));
    await rename(replica.path, `${replica.path}-away`);
    assert.deepEqual(await listAll(replica.client, 0), []);
    assert.equal(await replica.client.write(file(0, 2), body(bytesOf(20))), 'created');
    await rm(dirname(replica.path), { recursive: true });
    assert.equal(await replica.client.write(file(0, 2), body(bytesOf(20))), 'created');
    const bytes = bytesOf(2000);
    const removing = {
      ...body(bytes),
      async *open() {
        yield bytes.subarray(0, 1000);
        await rm(replica.path, { recursive: true });
        yield bytes.subarray(1000);
      },
    };
    await assert.rejects(
      replica.client.write(file(0, 3), removing),
      (error) => error instanceof ReplicaError && error.code === 'unavailable' && error.message.includes(replica.path),
    );
    assert.equal(await replica.client.write(file(0, 3), body(bytes)), 'created');
  });

  test('errors of the system become ReplicaErrors that name the path and keep the cause', async () => {
    await using replica = await openFileFixture();
    await mkdir(dirname(replica.path), { recursive: true });
    await writeFile(replica.path, 'a file where the directory should be');
    const state = (act: string) => (error: unknown) => {
      assert.ok(error instanceof ReplicaError);
      assert.equal(error.code, 'unavailable');
      assert.match(error.message, new RegExp(`^Cannot ${act} ${replica.path}/ltx/0.*: a part of its path is a file$`));
      assert.ok(error.cause instanceof Error);
      assert.ok(error.hint);
      return true;
    };
    await assert.rejects(replica.client.write(file(0, 1), body(bytesOf(10))), state('write'));
    await assert.rejects(replica.client.open(file(0, 1)), state('open'));
    await assert.rejects(listAll(replica.client, 0), state('list'));
    await assert.rejects(replica.client.delete([file(0, 1)]), state('delete'));
  });

  test('list passes over a directory with the name of a file and follows a symbolic link to one', async () => {
    await using replica = await openFileFixture();
    await replica.plant(0, first, bytesOf(30));
    const second = first.replaceAll('1', '2');
    await mkdir(join(replica.levelDirectory(0), second));
    await symlink(first, join(replica.levelDirectory(0), first.replaceAll('1', '3')));
    await symlink('nowhere', join(replica.levelDirectory(0), first.replaceAll('1', '4')));
    assert.deepEqual(await listAll(replica.client, 0), [
      { ...file(0, 1), sizeBytes: 30 },
      { ...file(0, 3), sizeBytes: 30 },
    ]);
  });

  test('write removes what killed writers left once it is old, never what is young or of a live writer', async () => {
    await using replica = await openFileFixture({ leftoverAgeMs: 60 });
    const leftover = `${first}.0123456789abcdef.tmp`;
    const staged = `${first}.fedcba9876543210.tmp.d`;
    await replica.plant(0, leftover, bytesOf(10));
    await mkdir(join(replica.levelDirectory(0), staged));
    await writeFile(join(replica.levelDirectory(0), staged, 'entry'), 'x');
    await replica.plant(0, `${first}.tmp`, bytesOf(10));
    await delay(100);
    const bytes = bytesOf(2000);
    const slow = {
      ...body(bytes),
      async *open() {
        yield bytes.subarray(0, 1000);
        await delay(100);
        await replica.client.write(file(0, 2), body(bytes));
        assert.equal((await replica.names(0)).filter((name) => name.endsWith('.tmp')).length, 2);
        yield bytes.subarray(1000);
      },
    };
    assert.equal(await replica.client.write(file(0, 3), slow), 'created');
    assert.deepEqual(await replica.names(0), [`${first}.tmp`, first.replaceAll('1', '2'), first.replaceAll('1', '3')]);

    await using patient = await openFileFixture();
    await patient.plant(0, leftover, bytesOf(10));
    await patient.client.write(file(0, 1), body(bytes));
    assert.deepEqual(await patient.names(0), [first, leftover]);
  });

  test('hard links missing is found out once, said once, and leaves nothing behind', async () => {
    for (const code of ['EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EMLINK']) {
      await using replica = await openFileFixture({ link: noHardLinks(code) });
      const writes = [1, 2, 3, 3].map((txid) => replica.client.write(file(0, txid), body(bytesOf(100, txid))));
      assert.deepEqual((await Promise.all(writes)).toSorted(), ['created', 'created', 'created', 'exists']);
      assert.equal((await replica.names(0)).length, 3);
      assert.deepEqual(
        replica.lines.map(({ level, fields }) => [level, fields.replica]),
        [['warn', `file://${replica.path}`]],
      );
    }
  });

  test('an error of link that is not about hard links reaches the caller and leaves nothing', async () => {
    await using replica = await openFileFixture({ link: noHardLinks('EIO') });
    await assert.rejects(replica.client.write(file(0, 1), body(bytesOf(10))), { code: 'unavailable' });
    assert.deepEqual(await replica.names(0), []);
    assert.deepEqual(replica.lines, []);
  });

  test('a claim that a kill left is completed by the next writer of the name and dropped by delete and deleteAll', async () => {
    await using replica = await openFileFixture({ link: noHardLinks('EPERM') });
    const leave = async () => {
      const claim = join(replica.levelDirectory(0), `${first}.claim`);
      await mkdir(claim, { recursive: true });
      await writeFile(join(claim, `${first}.0123456789abcdef.tmp`), bytesOf(77, 7));
    };
    await leave();
    assert.deepEqual(await listAll(replica.client, 0), []);
    assert.equal(await replica.client.write(file(0, 1), body(bytesOf(50))), 'exists');
    assert.deepEqual(await readAll(replica.client, file(0, 1)), bytesOf(77, 7));
    assert.deepEqual(await replica.names(0), [first]);

    await leave();
    await replica.client.delete([file(0, 1)]);
    assert.deepEqual(await replica.names(0), []);
    await leave();
    await replica.client.deleteAll();
    assert.deepEqual(await replica.names(0), []);
    assert.equal(await replica.client.write(file(0, 1), body(bytesOf(50))), 'created');
    assert.deepEqual(await readFile(join(replica.levelDirectory(0), first)), bytesOf(50));
  });

  test('list of the end of 100,000 files takes well under a second', async () => {
    await using replica = await openFileFixture({}, existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
    const count = 100_000;
    let source = '';
    for (let at = 1; at <= count; at += 1) {
      const txid = at.toString(16).padStart(16, '0');
      const path = join(replica.levelDirectory(0), `${txid}-${txid}.ltx`);
      if (at % 30_000 === 1) {
        source = path;
        await replica.plant(0, `${txid}-${txid}.ltx`, bytesOf(1));
      } else linkSync(source, path);
    }
    const startMs = performance.now();
    const infos = await listAll(replica.client, 0, { from: toTxid(count - 9) });
    const tookMs = performance.now() - startMs;
    assert.deepEqual(
      infos.map((info) => Number(info.minTxid)),
      Array.from({ length: 10 }, (_, at) => count - 9 + at),
    );
    assert.ok(tookMs < 5_000, `took ${tookMs} ms`);
  });
});
