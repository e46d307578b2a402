import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  isBacklogLong,
  isTableDue,
  type LocalState,
  removableBefore,
} from '../../../src/engine/ship/local-retention.ts';
import { type Txid, toTxid } from '../../../src/format/ltx/txid.ts';
import { Random } from '../../support/random.ts';

const megabyte = 1024 * 1024;
const limitBytes = 64 * megabyte;

const states: fc.Arbitrary<LocalState> = fc
  .record({
    first: fc.integer({ min: 1, max: 1000 }),
    sizes: fc.array(fc.oneof(fc.integer({ min: 100, max: 100_000 }), fc.integer({ min: 1, max: 40 * megabyte })), {
      minLength: 1,
      maxLength: 400,
    }),
    databaseBytes: fc.integer({ min: 512, max: 500 * megabyte }),
    stored: fc.option(fc.nat(500), { nil: undefined }),
    acknowledged: fc.array(fc.option(fc.nat(500), { nil: undefined }), { minLength: 1, maxLength: 4 }),
  })
  .map(({ first, sizes, databaseBytes, stored, acknowledged }) => {
    const newest = first + sizes.length - 1;
    const txid = (behind: number | undefined) =>
      behind === undefined ? undefined : toTxid(Math.max(0, newest - behind));
    return {
      files: sizes.map((sizeBytes, i) => ({ txid: toTxid(first + i), sizeBytes })),
      databaseBytes,
      storedTableTxid: txid(stored),
      acknowledged: acknowledged.map(txid),
    };
  });

function bytesOf(state: LocalState): number {
  return state.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function property(check: (state: LocalState) => void): void {
  const seed = Date.now() % 1_000_000_007;
  console.log(`seed ${seed}`);
  fc.assert(fc.property(states, check), { seed, numRuns: 500 });
}

test('removableBefore keeps the newest file, all that the table needs and all that no replica has', () => {
  property((state) => {
    const before = removableBefore(state);
    const newest = state.files.at(-1)!.txid;
    assert.ok(before <= newest, 'the newest file stays');
    if (state.storedTableTxid === undefined) assert.equal(before, 0n);
    else assert.ok(before <= state.storedTableTxid + 1n, 'the table is rolled forward with what follows');
    const shipped = state.acknowledged.reduce<bigint>((most, txid) => ((txid ?? 0n) > most ? (txid ?? 0n) : most), 0n);
    assert.ok(before <= shipped + 1n, 'what no replica has stays');
  });
});

test('removableBefore keeps what one replica lacks until that is far more than usual', () => {
  property((state) => {
    if (bytesOf(state) > 4 * Math.max(limitBytes, state.databaseBytes)) return;
    const before = removableBefore(state);
    for (const acknowledged of state.acknowledged) assert.ok(before <= (acknowledged ?? 0n) + 1n);
  });
});

test('removableBefore and isTableDue keep what lies beside a database bounded once everything is shipped', () => {
  property((state) => {
    const newest = state.files.at(-1)!.txid;
    const shipped = { ...state, acknowledged: state.acknowledged.map(() => newest) };
    const stored = isTableDue(shipped) ? { ...shipped, storedTableTxid: newest } : shipped;
    const before = removableBefore(stored);
    const kept = { ...stored, files: stored.files.filter(({ txid }) => txid >= before) };
    const older = { ...kept, files: kept.files.slice(0, -1) };
    const bound = Math.min(limitBytes, state.databaseBytes);
    assert.ok(bytesOf(older) <= bound, `${bytesOf(older)} bytes beside the newest file`);
    assert.ok(kept.files.length <= 256);
  });
});

test('isTableDue asks for nothing while nothing is shipped', () => {
  const files = Array.from({ length: 1000 }, (_, i) => ({ txid: toTxid(i + 1), sizeBytes: megabyte }));
  const acknowledged: (Txid | undefined)[] = [undefined, toTxid(0)];
  assert.equal(isTableDue({ files, databaseBytes: megabyte, storedTableTxid: undefined, acknowledged }), false);
});

test('removableBefore lets a replica that lags far behind get its files from the others', () => {
  const files = Array.from({ length: 300 }, (_, i) => ({ txid: toTxid(i + 1), sizeBytes: megabyte }));
  const state = {
    files,
    databaseBytes: megabyte,
    storedTableTxid: toTxid(290),
    acknowledged: [toTxid(5), toTxid(295)],
  };
  assert.equal(removableBefore(state), 291n);
  assert.equal(removableBefore({ ...state, files: files.slice(0, 200) }), 6n);
});

test('isTableDue and removableBefore keep local files below twice the database and what is not shipped yet', () => {
  const seed = Date.now() % 1_000_000_007;
  console.log(`seed ${seed}`);
  const random = new Random(seed);
  for (let run = 0; run < 40; run++) {
    const databaseBytes = random.pick([100_000, 5 * megabyte, 400 * megabyte]);
    let state: LocalState = { files: [], databaseBytes, storedTableTxid: undefined, acknowledged: [undefined] };
    for (let txid = 1; txid <= 400; txid++) {
      const sizeBytes = random.chance(0.02) ? databaseBytes : random.int(500, Math.min(databaseBytes, megabyte));
      const shipped = random.chance(0.7) ? toTxid(txid) : state.acknowledged[0];
      state = { ...state, files: [...state.files, { txid: toTxid(txid), sizeBytes }], acknowledged: [shipped] };
      if (isTableDue(state)) state = { ...state, storedTableTxid: toTxid(txid) };
      const before = removableBefore(state);
      state = { ...state, files: state.files.filter((file) => file.txid >= before) };
      const unshipped = state.files.filter((file) => file.txid > (shipped ?? 0n));
      const allowedBytes = 2 * databaseBytes + unshipped.reduce((sum, file) => sum + file.sizeBytes, 0);
      assert.ok(bytesOf(state) <= allowedBytes, `seed ${seed}: ${bytesOf(state)} bytes of ${allowedBytes}`);
    }
  }
});

test('isBacklogLong holds for more than 64 files that a replica lacks, unless the newest one is large', () => {
  const files = (sizes: readonly number[]) => sizes.map((sizeBytes, i) => ({ txid: toTxid(i + 1), sizeBytes }));
  const small = files(Array.from({ length: 100 }, () => 1_000));
  assert.equal(isBacklogLong(small, toTxid(36)), false);
  assert.equal(isBacklogLong(small, toTxid(35)), true);
  assert.equal(isBacklogLong(small, undefined), false, 'nothing is known of the replica');
  assert.equal(isBacklogLong(files([...small.map(() => 1_000), limitBytes + 1]), toTxid(0)), false);
  assert.equal(isBacklogLong([], toTxid(0)), false);
});
