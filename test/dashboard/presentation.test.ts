import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatabaseView, TimelineFile } from '../../src/dashboard/page-messages.ts';
import { type ListQuery, listed } from '../../src/dashboard/presentation/database-order.ts';
import { rowWindow, scrollTo } from '../../src/dashboard/presentation/row-window.ts';
import { barsOf, ticks, visibleSpan } from '../../src/dashboard/presentation/timeline-scale.ts';
import { bytesText, durationText, splitPath, txidText } from '../../src/dashboard/presentation/words.ts';

function database(path: string, changes: Partial<DatabaseView> = {}): DatabaseView {
  const nothing = { reason: undefined, txid: undefined, timestampMs: undefined, behindSinceMs: undefined };
  const sizes = { lease: undefined, sizeBytes: undefined, walBytes: undefined };
  return { path, state: 'replicating', health: 'ok', ...nothing, ...sizes, replicas: [], ...changes };
}

function file(fromMs: number, toMs: number, level = 1): TimelineFile {
  return { level, minTxid: '1', maxTxid: String(toMs), sizeBytes: 1, fromMs, toMs, isExact: true };
}

const query: ListQuery = { search: '', order: 'trouble', filter: 'all' };

test('listed puts trouble first, then what waits, and orders by path within', () => {
  const databases = [
    database('/c'),
    database('/b', { health: 'waiting' }),
    database('/d', { health: 'trouble' }),
    database('/a'),
  ];
  const paths = (changes: Partial<ListQuery>) =>
    listed(databases, { ...query, ...changes }, () => 0).map(({ path }) => path);
  assert.deepEqual(paths({}), ['/d', '/b', '/a', '/c']);
  assert.deepEqual(paths({ order: 'path' }), ['/a', '/b', '/c', '/d']);
  assert.deepEqual(paths({ filter: 'waiting' }), ['/b']);
});

test('listed finds databases that have every word in path, state or lease', () => {
  const databases = [database('/data/one.db', { lease: 'host-a' }), database('/data/two.db', { state: 'parked' })];
  const found = (search: string) => listed(databases, { ...query, search }, () => 0).length;
  assert.deepEqual(['ONE', 'data one', 'host-a', 'parked two', 'parked one', '  '].map(found), [1, 1, 1, 1, 0, 2]);
});

test('listed orders by lag, write rate and sizes, the largest first, those without last', () => {
  const databases = [
    database('/a', { sizeBytes: 1, behindSinceMs: 50 }),
    database('/b', { sizeBytes: 3 }),
    database('/c', { behindSinceMs: 10, walBytes: 5 }),
  ];
  const rates: Readonly<Record<string, number>> = { '/a': 1, '/b': 9, '/c': 2 };
  const paths = (order: ListQuery['order']) =>
    listed(databases, { ...query, order }, (path) => rates[path]!)
      .map(({ path }) => path.slice(1))
      .join('');
  assert.deepEqual([paths('lag'), paths('writes'), paths('size'), paths('wal')], ['cab', 'bca', 'bac', 'cab']);
});

test('rowWindow draws what is in sight and a little more, never beyond the list', () => {
  assert.deepEqual(rowWindow(0, 400, 40, 2_000), { first: 0, end: 18 });
  assert.deepEqual(rowWindow(40_000, 400, 40, 2_000), { first: 992, end: 1018 });
  assert.deepEqual(rowWindow(79_600, 400, 40, 2_000), { first: 1982, end: 2000 });
  assert.deepEqual(rowWindow(40_000, 400, 40, 3), { first: 3, end: 3 });
  assert.deepEqual(rowWindow(0, 400, 40, 0), { first: 0, end: 0 });
});

test('scrollTo moves as little as brings a row into sight', () => {
  const view = { scrollTop: 400, height: 200, rowHeight: 40 };
  assert.deepEqual(
    [5, 10, 14, 15].map((row) => scrollTo(row, view)),
    [200, undefined, undefined, 440],
  );
});

test('barsOf joins files that are too narrow to tell apart, and keeps those before the span out', () => {
  const span = { fromMs: 1_000, toMs: 2_000 };
  const bars = barsOf(
    [file(0, 900), file(900, 1_500), file(1_500, 1_501), file(1_501, 1_502), file(1_900, 2_000)],
    span,
    100,
  );
  assert.deepEqual(
    bars.map(({ x, width, files }) => [x, width, files.length]),
    [
      [0, 49, 1],
      [50, 2, 2],
      [90, 9, 1],
    ],
  );
});

test('barsOf keeps every bar in sight and apart from the one before', () => {
  for (let seed = 1; seed < 200; seed++) {
    let [at, state] = [0, seed];
    const files = Array.from({ length: 60 }, () => {
      state = (state * 48_271) % 2_147_483_647;
      const from = at;
      at += state % 50;
      return file(from, at);
    });
    const bars = barsOf(files, { fromMs: 0, toMs: Math.max(1, at) }, 300);
    assert.equal(
      bars.reduce((sum, bar) => sum + bar.files.length, 0),
      files.length,
      `seed ${seed}`,
    );
    let end = 0;
    for (const { x, width } of bars) {
      assert.ok(x >= end && x + width <= 300 && width >= 2, `seed ${seed}: ${x} ${width} after ${end}`);
      end = x + width;
    }
  }
});

test('visibleSpan shows the newest part, and is never empty', () => {
  assert.deepEqual(visibleSpan({ fromMs: 0, toMs: 86_400_000 }, 'hour'), { fromMs: 82_800_000, toMs: 86_400_000 });
  assert.deepEqual(visibleSpan({ fromMs: 5_000, toMs: 9_000 }, 'hour'), { fromMs: 5_000, toMs: 9_000 });
  assert.deepEqual(visibleSpan({ fromMs: 5_000, toMs: 5_000 }, 'all'), { fromMs: 4_000, toMs: 5_000 });
});

test('ticks are few and round, in the time zone that is shown', () => {
  assert.deepEqual(ticks({ fromMs: 500, toMs: 4_200 }, 5, 0), [1_000, 2_000, 3_000, 4_000]);
  const halfHour = 1_800_000;
  const days = ticks({ fromMs: 0, toMs: 2 * 86_400_000 }, 2, halfHour);
  assert.deepEqual(days, [86_400_000 - halfHour, 2 * 86_400_000 - halfHour]);
});

test('sizes, durations, TXIDs and paths are written as people say them', () => {
  assert.deepEqual([0, 999, 1_000, 12_345, 999_999, 5e9].map(bytesText), [
    '0 B',
    '999 B',
    '1.0 kB',
    '12.3 kB',
    '1.0 MB',
    '5.0 GB',
  ]);
  assert.equal(bytesText(undefined), '–');
  assert.deepEqual([0, 0.3, 42, 300, 7_200, 200_000].map(durationText), [
    '0 s',
    '0.3 s',
    '42 s',
    '5 min',
    '2 h',
    '2 d',
  ]);
  assert.deepEqual([undefined, '0000000000000000', '00000000000000ab'].map(txidText), ['–', '0', 'ab']);
  assert.deepEqual(splitPath('/a/b.db'), { directory: '/a/', file: 'b.db' });
});
