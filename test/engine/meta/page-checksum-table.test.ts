import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { PageChecksumTable } from '../../../src/engine/meta/page-checksum-table.ts';
import { emptyDatabaseChecksum } from '../../../src/format/ltx/checksum.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { temporaryFolder } from '../scene.ts';

const durableFiles = new DurableFiles();
const flag = 1n << 63n;

/** What the table should hold, as a map. */
function modelChecksum(model: ReadonlyMap<number, bigint>): bigint {
  return [...model.values()].reduce((sum, checksum) => sum ^ checksum, emptyDatabaseChecksum as bigint) | flag;
}

const changes = fc.record({
  pages: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.bigInt({ min: 1n, max: flag - 1n })), {
    selector: ([pgno]) => pgno,
    maxLength: 20,
  }),
  commit: fc.integer({ min: 1, max: 20_000 }),
});

test('PageChecksumTable keeps the XOR of all pages through changes, growth and shrinking', () => {
  const seed = Date.now() % 1_000_000_007;
  console.log(`seed ${seed}`);
  const property = fc.property(fc.array(changes, { maxLength: 15 }), (history) => {
    const table = new PageChecksumTable(512);
    const model = new Map<number, bigint>();
    for (const { pages, commit } of history) {
      const kept = pages.filter(([pgno]) => pgno <= commit).sort(([a], [b]) => a - b);
      const half = kept.length >> 1;
      const parts = [kept.slice(0, half), kept.slice(half)];
      const change = {
        pgnos: parts.map((part) => Uint32Array.from(part, ([pgno]) => pgno)),
        checksums: parts.map((part) => BigUint64Array.from(part, ([, checksum]) => checksum | flag)),
        commit,
      };
      for (const [pgno, checksum] of kept) model.set(pgno, checksum | flag);
      for (const pgno of model.keys()) if (pgno > commit) model.delete(pgno);
      const after = table.checksumAfter(change);
      table.apply(change);
      assert.equal(table.checksum, after, 'foretold');
      assert.equal(table.checksum, modelChecksum(model));
      assert.equal(table.pageCount, commit);
      for (const [pgno, checksum] of model) assert.equal(table.get(pgno), checksum);
      assert.equal(table.get(commit + 1), 0n);
    }
  });
  fc.assert(property, { seed, numRuns: 100 });
});

async function storedTable(folder: string, pageCount: number): Promise<{ path: string; table: PageChecksumTable }> {
  const path = join(folder, 'page-checksums');
  const table = new PageChecksumTable(1024);
  for (let pgno = 1; pgno <= pageCount; pgno++)
    table.set(pgno, ((BigInt(pgno) * 0x9e37_79b9_7f4a_7c15n) % flag) | flag);
  await table.save(path, toTxid(77), { durableFiles, purpose: 'checksum-table' });
  return { path, table };
}

for (const pageCount of [0, 1, 511, 512, 513, 32_768, 40_000]) {
  test(`PageChecksumTable is loaded as it was saved, ${pageCount} pages`, async (t) => {
    const { path, table } = await storedTable(temporaryFolder(t), pageCount);
    const loaded = await PageChecksumTable.load(path);
    assert.ok(loaded !== undefined);
    assert.deepEqual(loaded.tag, { txid: toTxid(77), checksum: table.checksum, pageSizeBytes: 1024, pageCount });
    assert.equal(loaded.table.pageSizeBytes, 1024);
    assert.equal(loaded.table.pageCount, pageCount);
    for (let pgno = 1; pgno <= pageCount + 1; pgno++) assert.equal(loaded.table.get(pgno), table.get(pgno));
  });
}

test('PageChecksumTable is not loaded when a bit of an entry, a check or the length is wrong, or it is missing', async (t) => {
  const folder = temporaryFolder(t);
  const { path } = await storedTable(folder, 100);
  const bytes = readFileSync(path);
  const wrong = (change: (copy: Buffer) => Buffer) => {
    writeFileSync(path, change(Buffer.from(bytes)));
    return PageChecksumTable.load(path);
  };
  const flip = (offset: number) => (copy: Buffer) => {
    copy[offset]! ^= 4;
    return copy;
  };
  for (const offset of [0, 11, 15, 31, 40, 300, bytes.length - 1]) {
    assert.equal(await wrong(flip(offset)), undefined, `byte ${offset}`);
  }
  assert.equal(await wrong((copy) => flip(48)(flip(56)(copy))), undefined, 'the same bit twice');
  assert.equal(await wrong((copy) => copy.subarray(0, -8)), undefined);
  assert.equal(await wrong((copy) => copy.subarray(0, 10)), undefined);
  assert.ok((await wrong((copy) => copy.fill(0, 12, 16))) !== undefined, 'as stored before there was a check');
  assert.equal(await PageChecksumTable.load(join(folder, 'none')), undefined);
  if (existsSync('/proc/self/mem')) assert.equal(await PageChecksumTable.load('/proc/self/mem'), undefined, 'EIO');
});
