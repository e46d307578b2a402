import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatByteSize, parseByteSize } from '../../../src/config/value/byte-size.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

test('parseByteSize counts KB in thousands and KiB in 1024s, in any case', () => {
  const cases: [string, number][] = [
    ['0', 0],
    ['67108864', 67_108_864],
    ['100B', 100],
    ['1KB', 1000],
    ['1K', 1000],
    ['1kb', 1000],
    ['1KiB', 1024],
    ['64MB', 64_000_000],
    ['64 MiB', 67_108_864],
    ['1.5GB', 1_500_000_000],
    ['1Gi', 1_073_741_824],
    ['1,000', 1000],
    ['.5k', 500],
  ];
  for (const [text, expectedBytes] of cases) assert.equal(parseByteSize(text), expectedBytes, text);
});

test('parseByteSize refuses what is no size or has no exact number', () => {
  for (const text of ['', 'MB', '-1', '1XB', '1 2', '1iB', '1e3', '9EB', '1.2.3']) {
    assert.equal(parseByteSize(text), undefined, text);
  }
});

test('formatByteSize writes two or three digits', () => {
  assert.deepEqual([0, 999, 1000, 8240, 9949, 9950, 999_499, 999_500, 64_000_000].map(formatByteSize), [
    '0 B',
    '999 B',
    '1.0 kB',
    '8.2 kB',
    '9.9 kB',
    '10 kB',
    '999 kB',
    '1.0 MB',
    '64 MB',
  ]);
});

test('formatByteSize stays within six percent of what parseByteSize reads back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 50 }), (bytes) => {
      const back = parseByteSize(formatByteSize(bytes))!;
      assert.ok(Math.abs(back - bytes) <= bytes * 0.06, `${bytes} became ${back}`);
    }),
    { seed },
  );
});
