import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RestoreTarget } from '../../src/engine/restore/restore-options.ts';
import { FileReplicaClient } from '../../src/replica/file/file-replica-client.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { cheapestBytes } from '../engine/restore/cheapest-bytes.ts';
import { dumpDigests } from './dump-digests.ts';
import { type GoldenPoint, goldenCases } from './golden-case.ts';
import { restorePoint } from './restore-point.ts';

const cases = goldenCases();
let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'golden-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Restores every point of every case from a copy of its directory whose files all have one modification time. */
async function restoreAll(kind: string, target: (point: GoldenPoint) => RestoreTarget): Promise<number> {
  const restored: { path: string; expected: string }[] = [];
  for (const { name, folder: recorded, points, files } of cases) {
    const replicaPath = join(folder, `${name}-${kind}`);
    cpSync(recorded, replicaPath, { recursive: true });
    for (const file of files) utimesSync(join(replicaPath, file.path), 1, 1);
    const client = new FileReplicaClient(
      { path: replicaPath },
      { durableFiles: new DurableFiles(), logger: silentLogger },
    );
    for (const point of points) {
      const path = join(folder, `${name}-${kind}-${point.txid}.db`);
      const report = await restorePoint(client, target(point), path);
      assert.equal(report.txid, point.txid, `${name} ${point.txid}`);
      assert.equal(report.bytesRead, cheapestBytes(files, point.txid), `${name} ${point.txid}`);
      assert.equal(report.verification, 'file-checksums');
      const bytes = readFileSync(path);
      assert.deepEqual([bytes[18], bytes[19]], [2, 2]);
      assert.equal(bytes.length, report.sizeBytes);
      restored.push({ path, expected: point.dumpSha256 });
    }
    await client.close();
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => /-(wal|shm|journal)$|\.tmp/.test(name)),
    [],
  );
  const digests = dumpDigests(restored.map(({ path }) => path));
  for (const [i, { path, expected }] of restored.entries()) assert.equal(digests[i], expected, path);
  return restored.length;
}

test('restore gives the recorded dump at each of the 87 points by TXID, reading the bytes of the cheapest plan', async () => {
  assert.equal(await restoreAll('txid', ({ txid }) => ({ kind: 'txid', txid })), 87);
});

test('restore gives the recorded dump at each of the 87 points by time, whatever the modification times are', async () => {
  assert.equal(await restoreAll('time', ({ timestampMs }) => ({ kind: 'moment', timestampMs })), 87);
});

test('restore gives the last recorded dump without a target', async () => {
  for (const { name, folder: recorded, points } of cases) {
    const client = new FileReplicaClient(
      { path: recorded },
      { durableFiles: new DurableFiles(), logger: silentLogger },
    );
    const path = join(folder, `${name}-newest.db`);
    const report = await restorePoint(client, { kind: 'newest' }, path, { integrityCheck: 'full', exact: true });
    assert.equal(report.txid, points.at(-1)!.txid);
    assert.deepEqual(dumpDigests([path]), [points.at(-1)!.dumpSha256]);
    assert(!existsSync(`${path}.tmp-wal`) && !existsSync(`${path}.tmp-shm`));
  }
});
