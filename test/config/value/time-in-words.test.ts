import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatLocalTime, parseTime } from '../../../src/config/value/time-in-words.ts';

// Each test file is a process of its own. Berlin's clocks went forward at 2026-03-29T01:00:00Z.
process.env.TZ = 'Europe/Berlin';

const nowMs = Date.parse('2026-03-29T10:20:30.400Z');
const read = (text: string, atMs = nowMs) => {
  const timeMs = parseTime(text, atMs);
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString();
};

const seed = Date.now();
console.log(`seed ${seed}`);

test('parseTime reads RFC 3339 with any offset', () => {
  assert.equal(read('2026-01-02T03:04:05Z'), '2026-01-02T03:04:05.000Z');
  assert.equal(read('2026-01-02t03:04:05z'), '2026-01-02T03:04:05.000Z');
  assert.equal(read('2026-01-02T03:04:05.123456789+02:30'), '2026-01-02T00:34:05.123Z');
  assert.equal(read('2026-01-02 03:04:05 -01:00'), '2026-01-02T04:04:05.000Z');
});

test('parseTime takes times without an offset as local', () => {
  assert.equal(read('2026-01-02T03:04:05'), '2026-01-02T02:04:05.000Z');
  assert.equal(read('2026-07-02 03:04'), '2026-07-02T01:04:00.000Z');
  assert.equal(read('2026-07-02'), '2026-07-01T22:00:00.000Z');
  assert.equal(read('14:05'), '2026-03-29T12:05:00.000Z');
  assert.equal(read('9:05:06'), '2026-03-29T07:05:06.000Z');
});

test('parseTime reads words', () => {
  assert.equal(read('now'), '2026-03-29T10:20:30.400Z');
  assert.equal(read('Today'), '2026-03-28T23:00:00.000Z');
  assert.equal(read('yesterday'), '2026-03-27T23:00:00.000Z');
  assert.equal(read('yesterday 9:30'), '2026-03-28T08:30:00.000Z');
  assert.equal(read('today 14:00:01'), '2026-03-29T12:00:01.000Z');
  assert.equal(read('5 minutes ago'), '2026-03-29T10:15:30.400Z');
  assert.equal(read('  1   second  ago '), '2026-03-29T10:20:29.400Z');
  assert.equal(read('an hour ago'), '2026-03-29T09:20:30.400Z');
  assert.equal(read('1h30m ago'), '2026-03-29T08:50:30.400Z');
});

test('parseTime counts days by the calendar across a change of the clocks', () => {
  assert.equal(read('1 day ago'), '2026-03-28T11:20:30.400Z');
  assert.equal(read('24 hours ago'), '2026-03-28T10:20:30.400Z');
  assert.equal(read('2 weeks ago'), '2026-03-15T11:20:30.400Z');
});

test('parseTime refuses what is no moment', () => {
  const texts = [
    '',
    'soon',
    'tomorrow',
    '5 minutes',
    'ago',
    '-5 minutes ago',
    '5 months ago',
    '25:00',
    '12:60',
    '2026',
  ];
  const dates = [
    '2026-02-30',
    '2026-13-01',
    '2026-01-02T24:00:00Z',
    '2026-01-02T03:04:05+25:00',
    '1754000000',
    'today now',
  ];
  for (const text of [...texts, ...dates, '2026-01-02Z', '999999999 weeks ago'])
    assert.equal(read(text), undefined, text);
});

test('parseTime reads back what formatLocalTime writes, in summer and winter', () => {
  const times = fc.integer({ min: Date.parse('1990-01-01T00:00:00Z'), max: Date.parse('2090-01-01T00:00:00Z') });
  fc.assert(
    fc.property(times, (timeMs) => assert.equal(parseTime(formatLocalTime(timeMs), 0), timeMs)),
    { seed },
  );
  assert.equal(formatLocalTime(nowMs), '2026-03-29T12:20:30.400+02:00');
  assert.equal(formatLocalTime(Date.parse('2026-01-02T03:04:05Z')), '2026-01-02T04:04:05+01:00');
});

test('parseTime "N units ago" goes back by exactly that for seconds, minutes and hours', () => {
  const units = fc.constantFrom(['second', 1000] as const, ['minutes', 60_000] as const, ['hours', 3_600_000] as const);
  fc.assert(
    fc.property(fc.nat({ max: 100_000 }), units, (count, [unit, unitMs]) => {
      assert.equal(parseTime(`${count} ${unit} ago`, nowMs), nowMs - count * unitMs);
    }),
    { seed },
  );
});
