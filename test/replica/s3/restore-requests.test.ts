import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseReplica } from '../../../src/engine/restore/choose-replica.ts';
import { unknownChecksum } from '../../../src/format/ltx/checksum.ts';
import { encodeLtxHeader } from '../../../src/format/ltx/header.ts';
import { ltxPath } from '../../../src/replica/directory-layout.ts';
import { type MemoryFiles, MemoryReplicaClient } from '../../../src/replica/memory/memory-replica-client.ts';
import type { ReplicaClient } from '../../../src/replica/replica-client.ts';
import { ltxKey } from '../../../src/replica/s3/object-keys.ts';
import { S3ReplicaClient } from '../../../src/replica/s3/s3-replica-client.ts';
import { file } from '../../conformance/replica-client/fixture.ts';
import { FaultServer } from '../../support/fault-s3/fault-server.ts';
import { ltxHeader } from '../../support/ltx-file-spec.ts';
import { s3Services } from './s3-fixture.ts';

const startMs = 1_700_000_000_000;

/** The beginning of the file of a TXID, a second after that of the one before. */
function header(txid: number): Buffer {
  const { minTxid, maxTxid } = file(0, txid);
  const fields = ltxHeader({ minTxid, maxTxid, timestampMs: startMs + txid * 1000 });
  return Buffer.from(encodeLtxHeader({ ...fields, noChecksum: true, preApplyChecksum: unknownChecksum }));
}

/** Finds the state at a moment as every restore does before it reads a file, and checks that it is the right one. */
async function choose(client: ReplicaClient, txid: number): Promise<void> {
  const target = { kind: 'moment', timestampMs: startMs + txid * 1000 + 500 } as const;
  const choice = await chooseReplica({ replicas: [{ name: 'r', client }], target, nowMs: startMs });
  assert.equal(Number(choice?.chosen.plan.txid), txid);
}

describe('restore by time', () => {
  test('restore by time reads at most 20 headers among 100,000 files, and lists them once', async () => {
    const files: MemoryFiles = new Map();
    for (let txid = 1; txid <= 100_000; txid += 1) files.set(ltxPath(file(0, txid)), header(txid));
    const calls = { listAll: 0, open: 0 };
    const client = new MemoryReplicaClient({
      files,
      fault({ operation }) {
        if (operation === 'open' || operation === 'listAll') calls[operation] += 1;
        else assert.equal(operation, 'read');
        return undefined;
      },
    });
    await choose(client, 31_415);
    assert.ok(calls.open <= 20, `${calls.open} headers`);
    assert.equal(calls.listAll, 1);
  });

  test('restore by time asks S3 for a listing, a request a thousand files, and 20 headers at most', async () => {
    await using server = await FaultServer.start();
    for (let txid = 1; txid <= 5_500; txid += 1) {
      server.store.objects.set(ltxKey('db', file(0, txid)), { bytes: header(txid), metadata: {} });
    }
    const client = new S3ReplicaClient(server.location(), s3Services());
    await choose(client, 2_718);
    await client.close();
    assert.equal(server.count('list'), 6);
    assert.ok(server.count('get') <= 20, `${server.count('get')} headers`);
    assert.equal(server.requests.length, server.count('list') + server.count('get'));
  });
});
