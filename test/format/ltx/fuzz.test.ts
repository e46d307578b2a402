import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeDatabaseHeader } from '../../../src/format/database/header.ts';
import { LtxDecoder } from '../../../src/format/ltx/decoder.ts';
import { decodeLtxHeader } from '../../../src/format/ltx/header.ts';
import { LtxError } from '../../../src/format/ltx/ltx-error.ts';
import { lz4FrameSize } from '../../../src/format/ltx/lz4-frame.ts';
import { decodePageIndex, type PageIndex } from '../../../src/format/ltx/page-index.ts';
import { locatePageIndex } from '../../../src/format/ltx/tail.ts';
import { decodeWalHeader } from '../../../src/format/wal/header.ts';
import { decodeWalIndexHeader } from '../../../src/format/wal/wal-index-header.ts';
import { KernelError } from '../../../src/kernel/kernel-error.ts';
import { referenceKernels as kernels } from '../../../src/kernel/reference/reference-kernels.ts';
import { expectLtxError } from '../../support/expect-ltx-error.ts';
import { listGoldenFiles, readGoldenFile } from '../../support/golden-files.ts';
import { type DecodedLtxFile, decodeLtxFile, encodeLtxFile, ltxHeader } from '../../support/ltx-file-spec.ts';
import { testPages, upTo } from '../../support/test-pages.ts';

const seed = Date.now() % 0x7fff_ffff;
console.log(`# fuzz seed ${seed}`);

const ours = encodeLtxFile({ header: ltxHeader({ commit: 12, epoch: 3 }), pages: testPages(512, upTo(12)) });
const files = [
  ours,
  ...listGoldenFiles()
    .map(readGoldenFile)
    .filter((bytes) => bytes.length < 7000),
];
const originals = files.map((bytes) => decodeLtxFile(bytes));
const anyFile = fc.nat({ max: files.length - 1 });

/** What `act` returns, or undefined when it throws a typed error. Any other error is a failure. */
function attempt<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof LtxError || error instanceof KernelError) return undefined;
    throw error;
  }
}

/** True for a byte that only LZ4 sees: the file checksum covers what comes out of it. */
function isCompressed({ count, offsets, sizes }: PageIndex, offset: number): boolean {
  for (let i = 0; i < count; i++) {
    if (offset >= offsets[i]! + 10 && offset < offsets[i]! + sizes[i]!) return true;
  }
  return false;
}

function assertSame(decoded: DecodedLtxFile, original: DecodedLtxFile): void {
  assert.deepEqual(decoded.header, original.header);
  assert.deepEqual(decoded.pages, original.pages);
  assert.deepEqual(decoded.index, original.index);
}

function heldBytes(): number {
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

test('every decoder answers random bytes with a value or a typed error', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat({ max: 1000 }), (bytes, fileSizeBytes) => {
    assert.equal(
      attempt(() => decodeLtxFile(bytes, kernels, { chunkBytes: 50 })),
      undefined,
    );
    attempt(() => decodeLtxHeader(bytes));
    attempt(() => decodePageIndex(bytes, { fileSizeBytes }));
    attempt(() => locatePageIndex(bytes, fileSizeBytes));
    attempt(() => lz4FrameSize(bytes, 600));
    decodeWalHeader(bytes, { kernels });
    decodeWalIndexHeader(bytes);
    decodeDatabaseHeader(bytes);
  });
  fc.assert(property, { seed, numRuns: 2000 });
});

test('LtxDecoder answers random bytes after a right header with a typed error', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    assert.equal(
      attempt(() => decodeLtxFile(Buffer.concat([ours.subarray(0, 100), bytes]))),
      undefined,
    );
  });
  fc.assert(property, { seed, numRuns: 1000 });
});

test('LtxDecoder finds any change of real files, or gives the same pages', () => {
  const mutation = fc.record({ at: fc.nat(), mask: fc.integer({ min: 1, max: 255 }) });
  const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });
  let found = 0;
  const property = fc.property(anyFile, mutations, fc.integer({ min: 1, max: 9000 }), (file, changes, chunkBytes) => {
    const bytes = Uint8Array.from(files[file]!);
    const original = originals[file]!;
    for (const { at, mask } of changes) bytes[at % bytes.length]! ^= mask;
    const changed = Array.from(bytes).flatMap((byte, at) => (byte === files[file]![at] ? [] : [at]));
    const decoded = attempt(() => decodeLtxFile(bytes, kernels, { chunkBytes }));
    if (decoded === undefined) {
      found++;
      return;
    }
    assertSame(decoded, original);
    for (const at of changed) assert.ok(isCompressed(original.index, at), `a change at ${at} passed`);
  });
  fc.assert(property, { seed, numRuns: 1500 });
  assert.ok(found > 1000, `${found} of 1500`);
});

test('LtxDecoder finds a change of any single byte outside the compressed pages', () => {
  for (const [file, bytes] of files.entries()) {
    const { index } = originals[file]!;
    for (let at = 0; at < bytes.length; at++) {
      if (isCompressed(index, at)) continue;
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 1 << (at % 8);
      assert.equal(
        attempt(() => decodeLtxFile(changed)),
        undefined,
        `file ${file}, byte ${at}`,
      );
    }
  }
});

test('LtxDecoder refuses real files cut short, drawn out, or with a piece missing or twice', () => {
  const cut = fc.record({ at: fc.nat(), length: fc.integer({ min: 1, max: 2000 }), twice: fc.boolean() });
  const property = fc.property(
    anyFile,
    cut,
    fc.uint8Array({ minLength: 1, maxLength: 60 }),
    (file, { at, length, twice }, extra) => {
      const bytes = files[file]!;
      const start = at % bytes.length;
      const end = Math.min(start + length, bytes.length);
      const piece = twice ? bytes.subarray(start, end) : new Uint8Array(0);
      const moved = Buffer.concat([bytes.subarray(0, twice ? end : start), piece, bytes.subarray(end)]);
      assert.equal(
        attempt(() => decodeLtxFile(moved)),
        undefined,
      );
      expectLtxError('truncated', () => decodeLtxFile(bytes.subarray(0, start)));
      expectLtxError('trailer-invalid', () => decodeLtxFile(Buffer.concat([bytes, extra])));
    },
  );
  fc.assert(property, { seed, numRuns: 400 });
});

test('locatePageIndex and decodePageIndex answer damaged tails with a typed error or an index inside the file', () => {
  const property = fc.property(anyFile, fc.nat({ max: 60 }), fc.integer({ min: 1, max: 255 }), (file, back, mask) => {
    const bytes = Uint8Array.from(files[file]!);
    bytes[bytes.length - 1 - back]! ^= mask;
    const index = attempt(() =>
      decodePageIndex(locatePageIndex(bytes, bytes.length).bytes!, { fileSizeBytes: bytes.length }),
    );
    if (index === undefined) return;
    for (let i = 0; i < index.count; i++) {
      assert.ok(index.offsets[i]! >= 100 && index.offsets[i]! + index.sizes[i]! < bytes.length);
    }
  });
  fc.assert(property, { seed, numRuns: 1000 });
});

test('no decoder takes memory for a number that it read', () => {
  const header = (commit: number) => {
    const bytes = Buffer.from(ours.subarray(0, 100));
    bytes.writeUInt32BE(commit, 12);
    return bytes;
  };
  const hugeFrame = Buffer.from('000000010001ffffffff', 'hex');
  const hugeLz4 = Buffer.from('00000001000004224d186440a7ffffff7f', 'hex');
  const hugeStored = Buffer.from('00000001000004224d186440a7ffffffff', 'hex');
  const hugeTail = Buffer.from(`${'ff'.repeat(6)}7f${'00'.repeat(16)}`, 'hex');
  const before = heldBytes();
  for (let i = 0; i < 20; i++) {
    for (const start of [hugeFrame, hugeLz4, hugeStored]) {
      const decoder = new LtxDecoder({ openRun: (size) => kernels.openRun(size, 2) }, { kernels });
      expectLtxError('frame-invalid', () => [...decoder.push(Buffer.concat([header(0xffff_ffff), start]))]);
    }
    expectLtxError('index-invalid', () => locatePageIndex(Buffer.concat([Buffer.alloc(9, 0xff), hugeTail]), 2 ** 50));
    const entry = Buffer.from('ffffffff0f64ffffffffffff0f0000000000000000000d', 'hex');
    expectLtxError('index-invalid', () => decodePageIndex(entry, { fileSizeBytes: 2 ** 50 }));
  }
  const grown = heldBytes() - before;
  assert.ok(grown < 16 << 20, `${grown} bytes`);
});
