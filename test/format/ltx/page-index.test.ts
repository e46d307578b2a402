import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePageIndex, encodePageIndex, type PageIndex } from '../../../src/format/ltx/page-index.ts';
import { locatePageIndex, ltxTailBytes, minLtxFileBytes } from '../../../src/format/ltx/tail.ts';
import { expectLtxError } from '../../support/expect-ltx-error.ts';

/** Frames one after the other from the header on, or from `start`. */
function indexOf(entries: [pgno: number, size: number][], start = 100): PageIndex {
  const offsets = new Float64Array(entries.length);
  let offset = start;
  for (const [i, [, size]] of entries.entries()) {
    offsets[i] = offset;
    offset += size;
  }
  return {
    count: entries.length,
    pgnos: Uint32Array.from(entries, ([pgno]) => pgno),
    offsets,
    sizes: Uint32Array.from(entries, ([, size]) => size),
  };
}

function fileSizeOf(index: PageIndex, indexBytes: number): number {
  return 100 + index.sizes.reduce((sum, size) => sum + size, 0) + 6 + indexBytes + 16;
}

function decode(index: PageIndex): PageIndex {
  const bytes = encodePageIndex(index);
  return decodePageIndex(bytes, { fileSizeBytes: fileSizeOf(index, bytes.length) });
}

test('encodePageIndex writes shortest varints, a zero and the size', () => {
  const bytes = encodePageIndex(
    indexOf([
      [1, 20],
      [300, 65_000],
    ]),
  );
  assert.equal(Buffer.from(bytes).toString('hex'), '016414' + 'ac02' + '78' + 'e8fb03' + '00' + '000000000000000a');
});

test('decodePageIndex reads back what encodePageIndex wrote', () => {
  for (const index of [
    indexOf([]),
    indexOf([[1, 20]]),
    indexOf([
      [1, 20],
      [127, 65_000],
      [128, 7],
      [0xffff_ffff, 127],
    ]),
  ]) {
    assert.deepEqual(decode(index), index);
  }
});

test('decodePageIndex refuses entries that are not in order, not contiguous or not in the file', () => {
  for (const index of [
    indexOf([
      [2, 20],
      [1, 20],
    ]),
    indexOf([
      [2, 20],
      [2, 20],
    ]),
    indexOf([[1, 20]], 99),
    indexOf([[1, 20]], 101),
    indexOf([[1, 6]]),
    indexOf([[1, 70_000]]),
    {
      ...indexOf([
        [1, 20],
        [2, 20],
      ]),
      offsets: Float64Array.of(100, 121),
    },
    { ...indexOf([[1, 20]]), offsets: Float64Array.of(2 ** 52) },
  ]) {
    expectLtxError('index-invalid', () => decode(index));
  }
  const bytes = encodePageIndex(indexOf([[1, 20]]));
  expectLtxError('index-invalid', () => decodePageIndex(bytes, { fileSizeBytes: 155 }));
});

test('decodePageIndex refuses malformed bytes whatever they claim', () => {
  for (const hex of [
    '',
    '0000000000000000',
    '000000000000000002',
    '0164140000000000000000ff',
    '01641401000000000000000000000000000004',
    '0164' + '0000000000000002',
    '01648000' + '0000000000000004',
    'ffffffffffffffffff01641400' + '000000000000000c',
    '016414016414' + '00' + 'ffffffffffffffff',
    '00010101' + '0000000000000004',
    '80808001' + '0000000000000004',
  ]) {
    expectLtxError('index-invalid', () => decodePageIndex(Buffer.from(hex, 'hex'), { fileSizeBytes: 1000 }));
  }
});

test('locatePageIndex stays inside the file whatever the size field says', () => {
  const tail = (size: bigint) => {
    const bytes = Buffer.alloc(ltxTailBytes);
    bytes.writeBigUInt64BE(size);
    return bytes;
  };
  assert.deepEqual(locatePageIndex(tail(1n), minLtxFileBytes), { offset: 106, sizeBytes: 9, bytes: undefined });
  assert.deepEqual(locatePageIndex(tail(51n), minLtxFileBytes + 50), { offset: 106, sizeBytes: 59, bytes: undefined });
  for (const size of [0n, 2n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]) {
    expectLtxError('index-invalid', () => locatePageIndex(tail(size), minLtxFileBytes));
  }
  expectLtxError('truncated', () => locatePageIndex(tail(1n), minLtxFileBytes - 1));
  expectLtxError('truncated', () => locatePageIndex(tail(1n).subarray(1), 1000));
});
