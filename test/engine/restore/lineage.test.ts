import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { applyPlan } from '../../../src/engine/restore/apply/apply-plan.ts';
import { listFiles } from '../../../src/engine/restore/list-files.ts';
import { lockPgno } from '../../../src/format/database/lock-page.ts';
import { emptyDatabaseChecksum, xorChecksum } from '../../../src/format/ltx/checksum.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { MemoryReplicaClient } from '../../../src/replica/memory/memory-replica-client.ts';
import { encodeLtxFile, ltxHeader } from '../../support/ltx-file-spec.ts';
import { kernels, ModelDatabase, pageChecksum, somePage, somePages } from './model-database.ts';
import { restored, run, temporaryFolder } from './restore-to-folder.ts';

/** TXIDs 1 to 3 with pages of 512 bytes, 4 to 6 with pages of 1024: 4 is a snapshot and a level-0 file. */
function databaseOfTwoPageSizes(): ModelDatabase {
  const model = new ModelDatabase();
  for (let version = 1; version <= 3; version++) model.commit(somePages(4, version), 4);
  model.commit(somePages(4, 4, 1024), 4, 1024);
  for (let version = 5; version <= 6; version++)
    model.commit(new Map([[version % 4, somePage(version % 4, version, 1024)]]), 4);
  return model;
}

test('restore works on both sides of a change of the page size', async (t) => {
  const folder = temporaryFolder(t);
  const model = databaseOfTwoPageSizes();
  model.addLevel0();
  model.addFile(9, 1, 4);
  for (let txid = 1; txid <= 6; txid++) {
    const path = join(folder, `${txid}.db`);
    await restored(path, { client: model.replica(), txid });
    assert.equal(Buffer.compare(readFileSync(path), model.bytesAt(txid)), 0);
  }
});

test('restore plans anew from the later snapshot when the cheapest plan crosses a change of the page size', async (t) => {
  const folder = temporaryFolder(t);
  const model = databaseOfTwoPageSizes();
  model.addLevel0();
  const snapshot = model.addFile(9, 1, 4);
  // Another program's level-0 file without the pages makes the way across the boundary the cheapest.
  const header = { pageSizeBytes: 1024, commit: 4, minTxid: toTxid(4), maxTxid: toTxid(4) };
  const checksums = { before: model.checksumAt(3), after: model.checksumAt(4) };
  const bytes = encodeLtxFile({ header: ltxHeader({ ...header, checksums }), pages: new Map() }, kernels);
  model.files.set('ltx/0/0000000000000004-0000000000000004.ltx', bytes);
  model.addFile(9, 1, 3);
  const big = somePages(4, 4, 1024, true);
  assert(model.files.get(snapshot)!.length > bytes.length && big.size === 4);
  for (let txid = 4; txid <= 6; txid++) {
    const path = join(folder, `${txid}.db`);
    const report = await restored(path, { client: model.replica(), txid });
    assert.equal(report.plan.files[0]!.maxTxid, 4n);
    assert.equal(Buffer.compare(readFileSync(path), model.bytesAt(txid)), 0);
  }
  model.files.delete(snapshot);
  await assert.rejects(run(join(folder, 'x.db'), { client: model.replica(), txid: 6 }), { code: 'page-size' });
});

test('restore leaves out a newest snapshot that no other file vouches for', async (t) => {
  const folder = temporaryFolder(t);
  const model = databaseOfTwoPageSizes();
  model.addLevel0(1, 3, { epoch: 1 });
  model.addFile(9, 1, 4, { epoch: 1 });
  const report = await restored(join(folder, 'a.db'), { client: model.replica() });
  assert.equal(report.txid, 3n);
  assert.deepEqual(
    report.notices.map((notice) => notice.code),
    ['snapshot-ignored'],
  );
  // The next holder made another TXID 4.
  const path = 'ltx/9/0000000000000001-0000000000000004.ltx';
  const other = new ModelDatabase();
  for (let version = 1; version <= 4; version++) other.commit(somePages(4, version), 4);
  other.addLevel0(1, 3, { epoch: 1 });
  other.addFile(0, 4, 4, { epoch: 2 });
  other.files.set(path, model.files.get(path)!);
  other.commit(somePages(4, 5), 4);
  other.addFile(0, 5, 5, { epoch: 2 });
  other.addFile(9, 1, 5, { epoch: 2 });
  const output = join(folder, 'b.db');
  const next = await restored(output, { client: other.replica(), txid: 4 });
  assert.deepEqual(
    next.notices.map((notice) => notice.code),
    ['snapshot-ignored'],
  );
  assert.equal(Buffer.compare(readFileSync(output), other.bytesAt(4)), 0);
});

test('restore trusts a newest snapshot of another program, and one that is all there is', async (t) => {
  const folder = temporaryFolder(t);
  const model = databaseOfTwoPageSizes();
  model.addLevel0(1, 3);
  const snapshot = model.addFile(9, 1, 4);
  assert.equal((await restored(join(folder, 'a.db'), { client: model.replica() })).txid, 4n);
  model.addFile(9, 1, 4, { epoch: 3 });
  for (const path of [...model.files.keys()]) if (path !== snapshot) model.files.delete(path);
  assert.equal((await restored(join(folder, 'b.db'), { client: model.replica() })).txid, 4n);
});

test('applyPlan leaves the lock page of a database over 1 GiB out', async () => {
  const pageSizeBytes = 65536;
  const lock = lockPgno(pageSizeBytes);
  const commit = lock + 2;
  const zero = new Uint8Array(pageSizeBytes);
  const last = somePage(commit, 1, pageSizeBytes);
  const pages = new Map<number, Uint8Array>();
  let after = emptyDatabaseChecksum;
  const one = kernels.openRun(pageSizeBytes, 1);
  for (let pgno = 1; pgno <= commit; pgno++) {
    if (pgno === lock) continue;
    const page = pgno === commit ? last : zero;
    pages.set(pgno, page);
    one.pgnos[0] = pgno;
    one.pages.set(page);
    one.checksum(1);
    after = xorChecksum(after, one.checksums[0]!);
  }
  const header = ltxHeader({ pageSizeBytes, commit, checksums: { before: xorChecksum(after, after), after } });
  const bytes = encodeLtxFile(
    { header: { ...header, checksums: { before: 0n as typeof after, after } }, pages },
    kernels,
    32,
  );
  const client = new MemoryReplicaClient({ files: new Map([['ltx/0/0000000000000001-0000000000000001.ltx', bytes]]) });
  const files = await listFiles(client, {});
  const written = new Set<number>();
  const sums = new Map<number, bigint>();
  const applied = await applyPlan(
    files,
    { client, onRead: () => {} },
    {
      async writeAt(some, position) {
        for (let at = 0; at < some.length; at += pageSizeBytes) written.add((position + at) / pageSizeBytes + 1);
      },
    },
    { parallelism: 2, openChecksums: () => ({ set: (pgno, checksum) => sums.set(pgno, checksum) }) },
    { kernels },
  );
  assert.equal(applied.checksum, after);
  assert.equal(written.size, commit - 1);
  assert(!written.has(lock) && !sums.has(lock) && written.has(lock - 1) && written.has(commit));
  assert.equal(sums.get(commit), pageChecksum(commit, last, pageSizeBytes));
});
