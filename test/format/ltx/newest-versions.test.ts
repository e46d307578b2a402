import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lockPgno } from '../../../src/format/database/lock-page.ts';
import { NewestVersions } from '../../../src/format/ltx/newest-versions.ts';
import type { PageIndex } from '../../../src/format/ltx/page-index.ts';
import { PageIndexBuilder } from '../../../src/format/ltx/page-index-builder.ts';
import { expectLtxError } from '../../support/expect-ltx-error.ts';

const pageSizeBytes = 4096;
const seed = Date.now() % 0x7fff_ffff;
console.log(`# newest-versions seed ${seed}`);

function indexOf(...pgnos: number[]): PageIndex {
  const builder = new PageIndexBuilder(pageSizeBytes);
  const sorted = Uint32Array.from(pgnos).sort();
  builder.add(sorted, new Uint32Array(sorted.length).fill(20), sorted.length);
  return builder.toIndex();
}

/** The page numbers taken from each file. */
function taken(indexes: PageIndex[], commit: number): number[][] {
  const versions = new NewestVersions(indexes, { commit, pageSizeBytes });
  const pgnos: number[][] = indexes.map(() => []);
  for (let last = 0; versions.advance(); ) {
    const pgno = indexes[versions.file]!.pgnos[versions.entry]!;
    assert.ok(pgno > last, 'pages ascend over all files');
    pgnos[versions.file]!.push(pgno);
    last = pgno;
  }
  return pgnos;
}

test('NewestVersions takes each page from the last file that has it', () => {
  assert.deepEqual(taken([indexOf(1, 2, 3, 4), indexOf(2, 4), indexOf(4, 6)], 6), [[1, 3], [2], [4, 6]]);
  assert.deepEqual(taken([indexOf(1, 2)], 2), [[1, 2]]);
  assert.deepEqual(taken([], 2), []);
  assert.deepEqual(taken([indexOf(), indexOf(1)], 2), [[], [1]]);
});

test('NewestVersions leaves out pages beyond the end of the database', () => {
  assert.deepEqual(taken([indexOf(1, 2, 3, 4, 5), indexOf(1, 5)], 3), [[2, 3], [1]]);
});

test('NewestVersions equals a map that is filled from the oldest file to the newest', () => {
  const pgnos = fc.uniqueArray(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 0xffff_ffff })), {
    maxLength: 30,
  });
  const property = fc.property(fc.array(pgnos, { maxLength: 9 }), fc.integer({ min: 1, max: 50 }), (files, commit) => {
    const lockPage = lockPgno(pageSizeBytes);
    const kept = files.map((some) => some.filter((pgno) => pgno !== lockPage));
    const newest = new Map<number, number>();
    for (const [file, some] of kept.entries()) for (const pgno of some) if (pgno <= commit) newest.set(pgno, file);
    const expected = kept.map((_, file) =>
      [...newest]
        .filter(([, from]) => from === file)
        .map(([pgno]) => pgno)
        .sort((a, b) => a - b),
    );
    assert.deepEqual(
      taken(
        kept.map((some) => indexOf(...some)),
        commit,
      ),
      expected,
    );
  });
  fc.assert(property, { seed, numRuns: 300 });
});

test('NewestVersions takes no memory for a commit that the files do not fill', () => {
  const before = process.memoryUsage();
  assert.deepEqual(taken([indexOf(1, 0xffff_fffe)], 0xffff_ffff), [[1, 0xffff_fffe]]);
  const after = process.memoryUsage();
  assert.ok(after.arrayBuffers - before.arrayBuffers < 1 << 20);
});

test('NewestVersions refuses the lock page', () => {
  expectLtxError('page-order', () => taken([indexOf(1, lockPgno(pageSizeBytes))], 0xffff_ffff));
});
