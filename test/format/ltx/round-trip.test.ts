import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lockPgno } from '../../../src/format/database/lock-page.ts';
import { emptyDatabaseChecksum, toChecksum, unknownChecksum, xorChecksum } from '../../../src/format/ltx/checksum.ts';
import { LtxEncoder, type NewLtxHeader } from '../../../src/format/ltx/encoder.ts';
import { isSnapshotHeader } from '../../../src/format/ltx/header.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { referenceKernels as kernels } from '../../../src/kernel/reference/reference-kernels.ts';
import { expectLtxError } from '../../support/expect-ltx-error.ts';
import { decodeLtxFile, encodeLtxFile, encodeLtxSpec, ltxHeader } from '../../support/ltx-file-spec.ts';
import { testPage, testPages, upTo } from '../../support/test-pages.ts';

const pageSizes = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536];
const second = { minTxid: toTxid(2), maxTxid: toTxid(2) };
const seed = Date.now() % 0x7fff_ffff;
console.log(`# round-trip seed ${seed}`);

function pageChecksum(pgno: number, page: Uint8Array): bigint {
  const run = kernels.openRun(page.length, 1);
  run.pages.set(page);
  run.pgnos[0] = pgno;
  run.checksum(1);
  return run.checksums[0]!;
}

test('LtxDecoder gives back what LtxEncoder was given, for any pages and chunks', () => {
  const property = fc.property(
    fc.constantFrom(...pageSizes),
    fc.uniqueArray(fc.integer({ min: 1, max: 0xffff_ffff }), { maxLength: 12 }),
    fc.nat(),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 70_000 }),
    (pageSizeBytes, numbers, contentSeed, writeRun, readRun, chunkBytes) => {
      const pages = testPages(
        pageSizeBytes,
        numbers.filter((pgno) => pgno !== lockPgno(pageSizeBytes)),
        contentSeed,
      );
      const checksums = { before: toChecksum(2n ** 63n), after: toChecksum(2n ** 64n - 1n) };
      const header: NewLtxHeader = ltxHeader({ ...second, pageSizeBytes, commit: 0xffff_ffff, epoch: 7, checksums });
      const { bytes, finished } = encodeLtxSpec({ header, pages }, kernels, writeRun);
      assert.equal(finished.fileSizeBytes, bytes.length);
      const decoded = decodeLtxFile(bytes, kernels, { chunkBytes, runPageCount: readRun });
      assert.deepEqual(decoded.header, { ...header, noChecksum: true, preApplyChecksum: unknownChecksum });
      assert.deepEqual(decoded.pages, new Map([...pages].sort(([a], [b]) => a - b)));
      assert.equal(decoded.trailer.fileChecksum, finished.fileChecksum);
      assert.equal(decoded.index.count, pages.size);
    },
  );
  fc.assert(property, { seed, numRuns: 60 });
});

test('LtxDecoder reads a file fed byte by byte', () => {
  const pages = testPages(512, upTo(9));
  const bytes = encodeLtxFile({ header: ltxHeader({ commit: 9 }), pages });
  assert.deepEqual(decodeLtxFile(bytes, kernels, { chunkBytes: 1 }).pages, pages);
});

test('LtxEncoder writes a file without pages', () => {
  const header = ltxHeader({ ...second, commit: 3 });
  const bytes = encodeLtxFile({ header, pages: new Map() });
  assert.equal(bytes.length, 131);
  assert.equal(decodeLtxFile(bytes).index.count, 0);
});

test('LtxEncoder stores the checksum of a first file, the XOR of its page checksums', () => {
  const pages = testPages(1024, upTo(5));
  const bytes = encodeLtxFile({ header: ltxHeader({ pageSizeBytes: 1024, commit: 5 }), pages });
  const expected = [...pages].reduce(
    (sum, [pgno, page]) => xorChecksum(sum, pageChecksum(pgno, page)),
    emptyDatabaseChecksum,
  );
  const { header, pagesChecksum } = decodeLtxFile(bytes);
  assert.deepEqual(header.checksums, { before: unknownChecksum, after: expected });
  assert.equal(pagesChecksum, expected);
});

test('LtxEncoder and LtxDecoder pass over the lock page', () => {
  for (const pageSizeBytes of pageSizes) {
    const lockPage = lockPgno(pageSizeBytes);
    const header = ltxHeader({ ...second, pageSizeBytes, commit: lockPage + 1 });
    const pages = testPages(pageSizeBytes, [lockPage - 1, lockPage + 1]);
    assert.deepEqual(decodeLtxFile(encodeLtxFile({ header, pages })).pages, pages);
  }
});

test('LtxEncoder refuses pages out of order, page 0 and the lock page', () => {
  for (const pgnos of [[2, 1], [2, 2], [0], [lockPgno(512)]]) {
    const encoder = new LtxEncoder({ pageSizeBytes: 512 }, { kernels });
    const run = kernels.openRun(512, 4);
    run.pgnos.set(pgnos);
    const { register } = run.encode(pgnos.length, 0n);
    expectLtxError('page-order', () => encoder.addRun(run, pgnos.length, register));
  }
  const encoder = new LtxEncoder({ pageSizeBytes: 512 }, { kernels });
  const run = kernels.openRun(512, 4);
  run.pgnos.set([5]);
  const { register } = run.encode(1, 0n);
  encoder.addRun(run, 1, register);
  expectLtxError('page-order', () => encoder.addRun(run, 1, register));
});

test('LtxEncoder refuses to finish with a header that its pages contradict', () => {
  const cases: [Parameters<typeof expectLtxError>[0], NewLtxHeader, number[]][] = [
    ['page-order', ltxHeader({ ...second, commit: 4 }), [5]],
    ['snapshot-incomplete', ltxHeader({ commit: 3 }), [1, 2]],
    ['snapshot-incomplete', ltxHeader({ commit: 3, maxTxid: toTxid(9) }), [2, 3]],
    [
      'checksum-mismatch',
      ltxHeader({ commit: 1, checksums: { before: unknownChecksum, after: toChecksum(2n ** 63n) } }),
      [1],
    ],
    ['header-invalid', ltxHeader({ ...second, commit: 1, minTxid: toTxid(3) }), [1]],
  ];
  for (const [code, header, pgnos] of cases) {
    expectLtxError(code, () => encodeLtxFile({ header, pages: testPages(512, pgnos, 1) }));
  }
});

test('LtxEncoder.addRun takes parts made elsewhere and gives the file that encoding them at once would give', () => {
  const pages = testPages(4096, upTo(7));
  const header = ltxHeader({ pageSizeBytes: 4096, commit: 7 });
  const bytes = encodeLtxFile({ header, pages });
  const { index } = decodeLtxFile(bytes);
  const encoder = new LtxEncoder({ pageSizeBytes: 4096 }, { kernels });
  const frames = bytes.subarray(100, index.offsets[6]! + index.sizes[6]!);
  for (const [first, last] of [
    [0, 2],
    [3, 5],
    [6, 6],
  ] as const) {
    const run = kernels.openRun(4096, 7);
    const part = bytes.subarray(index.offsets[first]!, index.offsets[last]! + index.sizes[last]!);
    run.frames.set(part);
    const { pageCount, register } = run.decode(part.length, 0n);
    encoder.addRun(run, pageCount, register);
  }
  const { headerBytes, tail } = encoder.finish(header);
  assert.deepEqual(Buffer.concat([headerBytes, frames, tail]), Buffer.from(bytes));
  assert.ok(isSnapshotHeader(decodeLtxFile(bytes).header));
});

test('LtxDecoder leaves the workspace to its user between runs', () => {
  const pages = testPages(512, upTo(9));
  const bytes = encodeLtxFile({ header: ltxHeader({ commit: 9 }), pages });
  let seen = 0;
  for (let chunkBytes = 200; chunkBytes < 3000; chunkBytes += 611) {
    const decoded = decodeLtxFile(bytes, { ...kernels, openRun: clobberedRun }, { chunkBytes });
    assert.deepEqual(decoded.pages.get(5), testPage(512, 5));
    seen += decoded.pages.size;
  }
  assert.equal(seen, 45);
});

/** A workspace whose frames are gone once they are decoded. */
function clobberedRun(pageSizeBytes: number, capacity: number): ReturnType<typeof kernels.openRun> {
  const run = kernels.openRun(pageSizeBytes, capacity);
  const decode = run.decode.bind(run);
  run.decode = (frameBytes, register) => {
    const decoded = decode(frameBytes, register);
    run.frames.fill(0xff);
    return decoded;
  };
  return run;
}
