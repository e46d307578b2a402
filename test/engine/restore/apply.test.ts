import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { RestoreError } from '../../../src/engine/restore/restore-error.ts';
import { formatChecksum, toChecksum } from '../../../src/format/ltx/checksum.ts';
import { decodePageIndex } from '../../../src/format/ltx/page-index.ts';
import { locatePageIndex } from '../../../src/format/ltx/tail.ts';
import { ModelDatabase, pageChecksum, somePage, somePages } from './model-database.ts';
import { restored, run, temporaryFolder } from './restore-to-folder.ts';

/** Random commits: some pages, and a size that grows and shrinks. Pages that growing adds are always written. */
const someDatabase = fc
  .array(
    fc.record({
      pgnos: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 8 }),
      commit: fc.integer({ min: 1, max: 40 }),
    }),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((commits) => {
    const model = new ModelDatabase();
    let size = 0;
    for (const [version, { pgnos, commit }] of commits.entries()) {
      const changes = new Map(pgnos.filter((pgno) => pgno <= commit).map((pgno) => [pgno, somePage(pgno, version)]));
      for (let pgno = size + 1; pgno <= commit; pgno++) changes.set(pgno, somePage(pgno, version));
      model.commit(changes, commit);
      size = commit;
    }
    return model;
  });

const someRanges = fc.array(
  fc.record({ level: fc.integer({ min: 1, max: 9 }), min: fc.nat(11), span: fc.nat(11), plain: fc.boolean() }),
  { maxLength: 8 },
);

test('restore gives every state of random databases from random files, with and without checksums', async (t) => {
  const folder = temporaryFolder(t);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(someDatabase, someRanges, fc.boolean(), async (model, ranges, plain) => {
      model.addLevel0(1, model.txid, { withoutChecksums: plain });
      for (const range of ranges) {
        const min = range.level === 9 ? 1 : (range.min % model.txid) + 1;
        model.addFile(range.level, min, Math.min(model.txid, min + range.span), { withoutChecksums: range.plain });
      }
      for (let txid = 1; txid <= model.txid; txid++) {
        const path = join(folder, `${++count}.db`);
        const report = await restored(path, { client: model.replica(), txid, parallelism: 1 + (txid % 4) });
        assert.equal(Buffer.compare(readFileSync(path), model.bytesAt(txid)), 0);
        assert.equal(report.checksum, model.checksumAt(txid));
        assert.equal(report.txid, BigInt(txid));
        rmSync(path);
      }
    }),
    { numRuns: 40 },
  );
});

test('restore never gives a wrong database when a byte of a file is wrong', async (t) => {
  const folder = temporaryFolder(t);
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(someDatabase, fc.boolean(), fc.nat(), fc.nat(), async (model, plain, which, where) => {
      model.addLevel0(1, model.txid, { withoutChecksums: plain });
      const [path, bytes] = [...model.files][which % model.files.size]!;
      const damaged = Uint8Array.from(bytes);
      damaged[where % bytes.length]! ^= 1 << (where % 8);
      model.files.set(path, damaged);
      const output = join(folder, 'out.db');
      try {
        await restored(output, { client: model.replica() });
        assert.equal(Buffer.compare(readFileSync(output), model.bytesAt(model.txid)), 0);
      } catch (error) {
        assert(error instanceof RestoreError, String(error));
        refused++;
      }
      rmSync(output, { force: true });
      assert.deepEqual(readdirSync(folder), []);
    }),
    { numRuns: 150 },
  );
  assert(refused > 20, `${refused} refused`);
});

test('restore passes over a damaged frame between those it needs', async (t) => {
  const folder = temporaryFolder(t);
  const model = new ModelDatabase();
  model.commit(somePages(9, 1), 9);
  model.commit(new Map([4, 6, 7].map((pgno) => [pgno, somePage(pgno, 2)])), 9);
  const path = model.addFile(0, 1, 1);
  model.addFile(0, 2, 2);
  const bytes = model.files.get(path)!;
  const index = decodePageIndex(locatePageIndex(bytes, bytes.length).bytes!, { fileSizeBytes: bytes.length });
  for (const pgno of [4, 7]) {
    const entry = index.pgnos.indexOf(pgno);
    for (let at = 0; at < index.sizes[entry]!; at += 5) {
      const damaged = Uint8Array.from(bytes);
      damaged[index.offsets[entry]! + at]! ^= 0x55;
      model.files.set(path, damaged);
      const output = join(folder, `${pgno}-${at}.db`);
      await restored(output, { client: model.replica() });
      assert.equal(Buffer.compare(readFileSync(output), model.bytesAt(2)), 0);
    }
  }
});

test('restore refuses pages that do not give the checksum of the newest file, and names both', async (t) => {
  const folder = temporaryFolder(t);
  const model = new ModelDatabase();
  model.commit(somePages(3, 1), 3);
  const wrong = toChecksum(0x8000_0000_0000_1234n);
  model.commit(new Map([[2, somePage(2, 2)]]), 3);
  model.addFile(0, 1, 1);
  model.addFile(0, 2, 2, { after: wrong });
  await assert.rejects(run(join(folder, 'out.db'), { client: model.replica() }), (error: RestoreError) => {
    assert.equal(error.code, 'checksum-mismatch');
    assert.equal(error.data?.file, 'level 0 file 0000000000000002-0000000000000002.ltx');
    assert(
      error.message.includes(formatChecksum(wrong)) && error.message.includes(formatChecksum(model.checksumAt(2))),
    );
    return true;
  });
  assert.deepEqual(readdirSync(folder), []);
});

test('restore names the file that does not follow its predecessor', async (t) => {
  const folder = temporaryFolder(t);
  const model = new ModelDatabase();
  for (let version = 1; version <= 4; version++) model.commit(somePages(3, version), 3);
  model.addLevel0();
  model.addFile(0, 3, 3, { before: toChecksum(0x8000_0000_0000_0001n) });
  await assert.rejects(run(join(folder, 'out.db'), { client: model.replica() }), (error: RestoreError) => {
    assert.equal(error.code, 'chain-broken');
    assert.equal(error.data?.file, 'level 0 file 0000000000000003-0000000000000003.ltx');
    return true;
  });
  assert.equal((await restored(join(folder, 'out.db'), { client: model.replica(), txid: 2 })).txid, 2n);
});

test('restore refuses a file whose header has other TXIDs than its name', async (t) => {
  const folder = temporaryFolder(t);
  const model = new ModelDatabase();
  for (let version = 1; version <= 3; version++) model.commit(somePages(3, version), 3);
  model.addLevel0();
  const third = model.files.get('ltx/0/0000000000000003-0000000000000003.ltx')!;
  model.files.set('ltx/0/0000000000000002-0000000000000002.ltx', third);
  const promise = run(join(folder, 'out.db'), { client: model.replica() });
  await assert.rejects(promise, {
    code: 'file-invalid',
    data: { file: 'level 0 file 0000000000000002-0000000000000002.ltx' },
  });
});

test('restore tells when pages are in none of the files', async (t) => {
  const folder = temporaryFolder(t);
  const model = new ModelDatabase();
  model.commit(somePages(3, 1), 3);
  model.commit(new Map([[2, somePage(2, 2)]]), 5);
  model.addLevel0();
  const promise = run(join(folder, 'out.db'), { client: model.replica() });
  await assert.rejects(promise, { code: 'pages-missing', message: /2 are in none of the files, page 4/ });
});

test('restore reads only the frames it needs of large files', async (t) => {
  const folder = temporaryFolder(t);
  const model = new ModelDatabase();
  const pageSizeBytes = 4096;
  model.commit(somePages(1000, 1, pageSizeBytes, true), 1000, pageSizeBytes);
  const half = [...somePages(500, 2, pageSizeBytes, true)];
  model.commit(new Map(half), 1000);
  model.commit(
    new Map(half.filter(([pgno]) => pgno % 2 === 0).map(([pgno]) => [pgno, somePage(pgno, 3, pageSizeBytes, true)])),
    1000,
  );
  model.addLevel0();
  const path = join(folder, 'out.db');
  const sums = new Map<number, bigint>();
  const report = await restored(path, {
    client: model.replica(),
    openChecksums: () => ({ set: (pgno, checksum) => sums.set(pgno, checksum) }),
  });
  assert.equal(Buffer.compare(readFileSync(path), model.bytesAt(3)), 0);
  // 500 + 500 + 250 pages with single unneeded ones read along, and three tails.
  assert(report.bytesRead < 1300 * 4120 + 3 * 66_000, `${report.bytesRead} of ${report.plan.bytes}`);
  assert.equal(sums.size, 1000);
  assert.equal(sums.get(7), pageChecksum(7, somePage(7, 2, pageSizeBytes, true), pageSizeBytes));
});
