import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FileReplicaClient } from '../../../src/replica/file/file-replica-client.ts';
import { ReplicaError } from '../../../src/replica/replica-error.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { durableStages } from '../../../src/runtime/durable-step.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { body, bytesOf, file, listAll, readAll } from '../../conformance/replica-client/fixture.ts';

const writer = fileURLToPath(new URL('./writer-process.js', import.meta.url));

async function temporaryDirectory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'interrupted-write-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

function clientOf(path: string): FileReplicaClient {
  return new FileReplicaClient({ path }, { durableFiles: new DurableFiles(), logger: silentLogger });
}

describe('FileReplicaClient interrupted', () => {
  for (const links of ['links', 'claims']) {
    const steps = ['body', ...durableStages.map((stage) => `replica-ltx.${stage}`)];
    for (const [at, step] of steps.entries()) {
      test(`a writer with ${links}, killed at ${step}, leaves the file whole or absent, and it can be written`, async (t) => {
        const path = await temporaryDirectory(t);
        const killed = spawnSync(process.execPath, [writer, path, links, step], { encoding: 'utf8' });
        assert.equal(killed.signal, 'SIGKILL', killed.stderr);
        const client = clientOf(path);
        const isPublished = at >= steps.indexOf('replica-ltx.publish');
        assert.deepEqual(await listAll(client, 0), isPublished ? [{ ...file(0, 1), sizeBytes: 100_000 }] : []);
        const again = spawnSync(process.execPath, [writer, path, links], { encoding: 'utf8' });
        assert.equal(again.stdout.trim(), isPublished ? 'exists' : 'created', again.stderr);
        assert.deepEqual(await readAll(client, file(0, 1), undefined, 200_000), bytesOf(100_000));
      });
    }
  }

  test('a full file system is `full`, leaves nothing, and the write works once there is room', async (t) => {
    const path = await temporaryDirectory(t);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path], { encoding: 'utf8' });
    if (mounted.status !== 0) {
      t.skip(`a small file system cannot be mounted here: ${mounted.stderr?.trim() || mounted.error?.message}`);
      return;
    }
    try {
      const client = clientOf(path);
      const half = body(bytesOf(300_000), 65_536);
      assert.equal(await client.write(file(0, 1), half), 'created');
      await assert.rejects(client.write(file(0, 2), half), (error) => {
        assert.ok(error instanceof ReplicaError);
        assert.equal(error.code, 'full');
        assert.match(error.message, /^Cannot write .*0002\.ltx: no space is left on the file system$/);
        assert.ok(error.hint);
        return true;
      });
      assert.deepEqual(await listAll(client, 0), [{ ...file(0, 1), sizeBytes: 300_000 }]);
      await client.delete([file(0, 1)]);
      assert.equal(await client.write(file(0, 2), half), 'created');
    } finally {
      const unmounted = spawnSync('umount', [path], { encoding: 'utf8' });
      assert.equal(unmounted.status, 0, unmounted.stderr);
    }
  });

  test('a read-only directory is `denied`, and the write works once it is writable', async (t) => {
    const path = await temporaryDirectory(t);
    const level = join(path, 'ltx', '0');
    await mkdir(level, { recursive: true });
    await chmod(path, 0o755);
    await chmod(level, 0o555);
    // Modes do not hold root back, so root hands the write to a process of another user.
    const isRoot = process.getuid?.() === 0;
    const asOther = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const [command = '', ...args] = [...(isRoot ? asOther : []), process.execPath, writer, path, 'links'];
    const denied = spawnSync(command, args, { encoding: 'utf8' });
    if (denied.error !== undefined || (isRoot && denied.status !== 0)) {
      t.skip(`a process of another user cannot be started here: ${denied.stderr?.trim() || denied.error?.message}`);
      return;
    }
    assert.equal(denied.stdout.trim(), 'denied', denied.stderr);
    await chmod(level, 0o777);
    const allowed = spawnSync(command, args, { encoding: 'utf8' });
    assert.equal(allowed.stdout.trim(), 'created', allowed.stderr);
  });
});
