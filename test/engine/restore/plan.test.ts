import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planRestore } from '../../../src/engine/restore/plan.ts';
import { ReachableStates } from '../../../src/engine/restore/reachable-states.ts';
import { RestoreError } from '../../../src/engine/restore/restore-error.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import type { LtxFileInfo } from '../../../src/replica/replica-client.ts';
import { cheapestBytes } from './cheapest-bytes.ts';
import { chain, file, words } from './files.ts';

function plan(files: readonly LtxFileInfo[], target: number | 'newest', exact = false) {
  return planRestore(ReachableStates.of(files), target === 'newest' ? target : toTxid(target), { exact });
}

function refusal(files: readonly LtxFileInfo[], target: number | 'newest', exact = false): RestoreError {
  try {
    plan(files, target, exact);
  } catch (error) {
    assert(error instanceof RestoreError);
    return error;
  }
  assert.fail('a plan was made');
}

test('planRestore takes the snapshot and the widest files after it', () => {
  const files = [...chain(1, 12), file(1, 1, 4, 3000), file(1, 5, 8), file(1, 9, 12), file(9, 1, 6, 1500)];
  assert.equal(words(plan(files, 12).files), '9:1-6 1:5-8 1:9-12');
  assert.equal(plan(files, 12).bytes, 3500);
  assert.equal(words(plan(files, 'newest').files), '9:1-6 1:5-8 1:9-12');
});

test('planRestore prefers many small files to one large one, and fewer files when the bytes are equal', () => {
  assert.equal(words(plan([...chain(1, 3, 10), file(9, 1, 3, 31)], 3).files), '0:1-1 0:2-2 0:3-3');
  assert.equal(words(plan([...chain(1, 3, 10), file(9, 1, 3, 30)], 3).files), '9:1-3');
});

test('planRestore uses a file that overlaps the state it applies to', () => {
  assert.equal(words(plan([file(9, 1, 6), file(2, 4, 9)], 9).files), '9:1-6 2:4-9');
});

test('planRestore never goes past the target', () => {
  assert.equal(words(plan([...chain(1, 5), file(9, 1, 8, 1)], 5).files), '0:1-1 0:2-2 0:3-3 0:4-4 0:5-5');
});

test('planRestore takes the newest state before a target inside a file and names the file', () => {
  const files = [file(9, 1, 4), file(1, 5, 12), ...chain(8, 8)];
  const made = plan(files, 8);
  assert.equal(made.txid, 4n);
  assert.deepEqual(
    made.notices.map((notice) => notice.code),
    ['inside-file'],
  );
  assert.match(made.notices[0]!.message, /level 1 file 0000000000000005-000000000000000c\.ltx/);
});

test('planRestore refuses a target inside a file when it has to be exact', () => {
  const error = refusal([file(9, 1, 4), file(1, 5, 12)], 8, true);
  assert.equal(error.code, 'not-exact');
  assert.equal(error.data?.before, 4n);
  assert.equal(error.data?.latest, 12n);
});

test('planRestore names the TXIDs of a gap and the latest point, also when a later snapshot covers it', () => {
  const broken = [...chain(1, 5), ...chain(8, 10)];
  const error = refusal(broken, 9);
  assert.equal(error.code, 'gap');
  assert.deepEqual(error.data, { missing: { from: 6n, to: 7n }, before: 5n, latest: 5n });
  assert.match(error.message, /TXIDs 0000000000000006 to 0000000000000007 are in no file of levels 0 to 9/);
  assert.match(error.hint!, /0000000000000005/);

  const covered = refusal([...broken, file(9, 1, 10)], 9);
  assert.equal(covered.code, 'gap');
  assert.deepEqual(covered.data, { missing: { from: 6n, to: 7n }, before: 5n, latest: 10n });
  assert.equal(refusal(broken, 'newest').code, 'gap');
});

test('planRestore names a missing beginning', () => {
  const error = refusal(chain(4, 6), 5);
  assert.equal(error.code, 'gap');
  assert.deepEqual(error.data, { missing: { from: 1n, to: 3n }, before: undefined, latest: undefined });
});

test('planRestore tells a target before the first state and one after the newest', () => {
  assert.equal(refusal([file(9, 1, 6), ...chain(7, 8)], 3).code, 'before-first');
  const late = refusal(chain(1, 3), 4);
  assert.equal(late.code, 'after-newest');
  assert.equal(late.data?.latest, 3n);
  assert.equal(refusal([], 1).code, 'no-backup');
});

test('planRestore costs no more than any other way there (compared with an exhaustive search)', () => {
  const someFile = fc
    .record({
      level: fc.integer({ min: 0, max: 9 }),
      min: fc.integer({ min: 1, max: 9 }),
      span: fc.nat(5),
      size: fc.integer({ min: 1, max: 9 }),
    })
    .map(({ level, min, span, size }) => {
      if (level === 0) return file(0, min, min, size);
      return file(level, level === 9 ? 1 : min, min + span, size);
    });
  fc.assert(
    fc.property(
      fc.array(someFile, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 14 }),
      (files, target) => {
        const states = ReachableStates.of(files);
        const cheapest = cheapestBytes(files, BigInt(target));
        const way = states.wayTo(toTxid(target));
        assert.equal(way === undefined, cheapest === undefined);
        if (way === undefined) return;
        let state = 0n;
        let bytes = 0;
        for (const one of way) {
          assert(one.minTxid - 1n <= state && state < one.maxTxid);
          state = one.maxTxid;
          bytes += one.sizeBytes;
        }
        assert.equal(state, BigInt(target));
        assert.equal(bytes, cheapest);
      },
    ),
    { numRuns: 2000 },
  );
});

test('planRestore handles 100,000 files in well under two seconds', () => {
  const files = chain(1, 100_000);
  for (let txid = 1; txid + 9 <= 100_000; txid += 10) files.push(file(1, txid, txid + 9, 5000));
  files.push(file(9, 1, 50_000, 1_000_000));
  const start = performance.now();
  const made = plan(files, 99_999);
  assert.equal(made.files[0]!.level, 9);
  assert.equal(made.files.length, 1 + 4999 + 9);
  assert(performance.now() - start < 2000);
});
