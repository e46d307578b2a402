import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatGoDuration, parseGoDuration } from '../../../src/config/value/go-duration.ts';

const seed = Date.now();
console.log(`seed ${seed}`);

test('parseGoDuration reads what Go reads', () => {
  const cases: [string, number][] = [
    ['500ms', 500],
    ['1m30s', 90_000],
    ['24h', 86_400_000],
    ['1.5h', 5_400_000],
    ['1h15m30.918s', 4_530_918],
    ['.5s', 500],
    ['1.s', 1000],
    ['+5s', 5000],
    ['0', 0],
    ['0s', 0],
    ['1us', 0.001],
    ['1µs', 0.001],
    ['100ns', 0.0001],
    ['0.3s', 300],
    ['1s1s', 2000],
  ];
  for (const [text, expectedMs] of cases) assert.equal(parseGoDuration(text), expectedMs, text);
});

test('parseGoDuration refuses numbers without a unit, other units, negative and overlong durations', () => {
  for (const text of [
    '',
    '5',
    '1000',
    '1d',
    '2w',
    's',
    '.s',
    '-1s',
    '1 s',
    '1s ',
    '1m30',
    '5S',
    '+',
    '1e3s',
    '3000000h',
  ]) {
    assert.equal(parseGoDuration(text), undefined, text);
  }
});

test('parseGoDuration reads back what formatGoDuration writes', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000_000_000 }), (ms) => {
      assert.equal(parseGoDuration(formatGoDuration(ms)), ms);
    }),
    { seed },
  );
});

test('formatGoDuration writes the short form', () => {
  assert.deepEqual([0, 500, 1500, 90_000, 86_400_000, 5_400_001].map(formatGoDuration), [
    '0s',
    '500ms',
    '1.5s',
    '1m30s',
    '24h',
    '1h30m0.001s',
  ]);
});
