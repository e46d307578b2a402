import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unwrittenPages } from '../../../src/engine/capture/unwritten-pages.ts';
import { EngineError } from '../../../src/engine/engine-error.ts';

const database = { path: '/data/app.db', pageSizeBytes: 4096 };

function grown(commit: number, present: readonly number[], freePageCount: number, lowestCommit = commit) {
  const first = Buffer.alloc(4096);
  first.write('SQLite format 3\0', 0, 'latin1');
  first.writeUInt16BE(4096, 16);
  first.writeUInt32BE(freePageCount, 36);
  return { commit, lowestCommit, has: (pgno: number) => present.includes(pgno), firstPage: () => first };
}

test('unwrittenPages names the pages of the growth that no frame brought', () => {
  assert.deepEqual(unwrittenPages(database, 3, grown(7, [1, 4, 6], 2)), [5, 7]);
  assert.deepEqual(unwrittenPages(database, 7, grown(7, [1], 0)), []);
});

test('unwrittenPages counts growth from the smallest size in between', () => {
  assert.deepEqual(unwrittenPages(database, 9, grown(7, [1, 5, 7], 1, 4)), [6]);
});

test('unwrittenPages takes more missing pages than free ones for missed frames', () => {
  assert.throws(
    () => unwrittenPages(database, 3, grown(7, [1, 4], 2)),
    (error) => error instanceof EngineError && error.code === 'position-lost',
  );
});
