import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findMoment, type MomentState } from '../../../src/engine/restore/moment.ts';
import { ReachableStates } from '../../../src/engine/restore/reachable-states.ts';
import { RestoreError } from '../../../src/engine/restore/restore-error.ts';
import type { LtxFileInfo } from '../../../src/replica/replica-client.ts';
import { chain, file } from './files.ts';

const nowMs = 1_000_000_000;

/** Finds a moment where a file's time is `time(max TXID, level)`, and counts the headers read. */
async function find(
  files: readonly LtxFileInfo[],
  momentMs: number,
  time: (txid: number, level: number) => number = (txid) => txid * 1000,
  exact = false,
): Promise<MomentState & { reads: number }> {
  let reads = 0;
  const state = await findMoment(ReachableStates.of(files), { momentMs, nowMs, exact }, async (one) => {
    reads++;
    return time(Number(one.maxTxid), one.level);
  });
  return { ...state, reads };
}

async function refusal(...args: Parameters<typeof find>): Promise<RestoreError> {
  try {
    await find(...args);
  } catch (error) {
    assert(error instanceof RestoreError);
    return error;
  }
  assert.fail('a state was found');
}

test('findMoment gives the newest state at or before the moment', async () => {
  const files = chain(1, 9);
  assert.equal((await find(files, 4999)).txid, 4n);
  assert.equal((await find(files, 5000)).txid, 5n);
  assert.equal((await find(files, 1000)).txid, 1n);
  assert.deepEqual((await find(files, 9000)).notices, []);
});

test('findMoment reads at most 20 headers of 100,000 files', async () => {
  const files = chain(1, 100_000);
  let most = 0;
  for (const momentMs of [1000, 1001, 77_777_123, 50_000_000, 99_999_999, 100_000_000, 123_456_789]) {
    const found = await find(files, momentMs);
    assert.equal(found.txid, BigInt(Math.min(100_000, Math.floor(momentMs / 1000))));
    most = Math.max(most, found.reads);
  }
  assert(most <= 20, `${most} reads`);
  let readsBefore = 0;
  await assert.rejects(
    findMoment(ReachableStates.of(files), { momentMs: 999, nowMs }, async (one) => {
      readsBefore++;
      return Number(one.maxTxid) * 1000;
    }),
    { code: 'before-first' },
  );
  assert(readsBefore <= 20, `${readsBefore} reads`);
});

test('findMoment gives the newest state, with a notice that names its time, for a moment after it', async () => {
  const found = await find(chain(1, 5), 6000);
  assert.equal(found.txid, 5n);
  assert.equal(found.notices[0]!.code, 'after-newest');
  assert.match(found.notices[0]!.message, /1970-01-01T00:00:05\.000Z/);
});

test('findMoment refuses a moment after both the newest state and the present, and one before the first', async () => {
  for (const [momentMs, code] of [
    [nowMs + 1, 'after-newest'],
    [999, 'before-first'],
  ] as const) {
    const error = await refusal(chain(1, 5), momentMs);
    assert.equal(error.code, code);
    assert.deepEqual(error.data?.range, { fromMs: 1000, toMs: 5000 });
    assert.match(error.hint!, /1970-01-01T00:00:01\.000Z to 1970-01-01T00:00:05\.000Z/);
  }
});

test('findMoment takes a newest file that is ahead of the clock', async () => {
  const found = await find(chain(1, 5), nowMs + 500, (txid) => nowMs + txid * 100);
  assert.equal(found.txid, 5n);
});

test('findMoment goes by the file of the lowest level: foreign snapshots are late', async () => {
  const files = [...chain(1, 5), file(9, 1, 3), file(1, 1, 3)];
  assert.equal((await find(files, 3100, (txid, level) => txid * 1000 + (level === 9 ? 600 : 0))).txid, 3n);
});

test('findMoment reads all headers when times are out of order', async () => {
  // Only snapshots end at 4 and 8, and their times lie after the next commits'.
  const files = [...chain(1, 3), file(9, 1, 4), ...chain(5, 7), file(9, 1, 8), ...chain(9, 12)];
  const time = (txid: number, level: number) => txid * 100 + (level === 9 ? 250 : 0);
  for (let momentMs = 100; momentMs <= 1200; momentMs += 50) {
    const expected = files
      .map((one) => Number(one.maxTxid))
      .filter((txid) => time(txid, txid % 4 || txid > 8 ? 0 : 9) <= momentMs);
    const found = await find(files, momentMs, time);
    const inOrderAnswer = Math.max(...expected);
    assert(found.txid <= BigInt(inOrderAnswer));
    assert(found.timestampMs <= momentMs);
  }
  const shuffled = await find(chain(1, 8), 4500, (txid) => [0, 1, 2, 3, 9, 4, 5, 6, 7][txid]! * 1000);
  assert.equal(shuffled.txid, 5n);
});

test('findMoment names a gap when what the moment stands for is behind it', async () => {
  const files = [...chain(1, 3), ...chain(6, 8)];
  const error = await refusal(files, 7000);
  assert.equal(error.code, 'gap');
  assert.deepEqual(error.data?.missing, { from: 4n, to: 5n });
  assert.equal((await find(files, 5999)).txid, 3n);
  assert.equal((await refusal([...files, file(9, 1, 8)], 7500)).code, 'gap');
});

test('findMoment tells that a moment lies inside a file, and refuses it when it has to be exact', async () => {
  const files = [file(9, 1, 3), file(1, 4, 8), ...chain(9, 9)];
  const found = await find(files, 7000);
  assert.equal(found.txid, 3n);
  assert.deepEqual(
    found.notices.map((notice) => notice.code),
    ['inside-file'],
  );
  assert.equal((await refusal(files, 7000, undefined, true)).code, 'not-exact');
  assert.equal((await find(files, 8500, undefined, true)).txid, 8n);
  assert.equal((await find(files, 3000, undefined, true)).txid, 3n);
});

test('findMoment agrees with reading every header, for any times that rise', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 60 }),
      fc.nat(3000),
      async (steps, momentMs) => {
        const times: number[] = [];
        for (const step of steps) times.push((times.at(-1) ?? 0) + step);
        const expected = times.filter((timeMs) => timeMs <= momentMs).length;
        const finding = find(chain(1, times.length), momentMs, (txid) => times[txid - 1]!);
        if (expected === 0) return assert.rejects(finding, { code: 'before-first' });
        assert.equal((await finding).txid, BigInt(expected));
      },
    ),
  );
});
