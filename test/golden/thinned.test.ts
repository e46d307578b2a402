import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RestoreError } from '../../src/engine/restore/restore-error.ts';
import { cheapestBytes } from '../engine/restore/cheapest-bytes.ts';
import { dumpDigests } from './dump-digests.ts';
import { type GoldenCase, type GoldenPoint, type GoldenReplicaFile, goldenCases, replicaOf } from './golden-case.ts';
import { restorePoint } from './restore-point.ts';

const cases = goldenCases();
let folder: string;
let fileCount = 0;
let restored: { path: string; expected: string }[];

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'thinned-'));
  restored = [];
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** What a point gives on a replica that lost files: its state, an older one with a notice, or a typed refusal. */
type Answer =
  | { readonly kind: 'exact' }
  | { readonly kind: 'older'; readonly txid: bigint }
  | { readonly kind: 'refused'; readonly error: RestoreError };

async function ask(files: readonly GoldenReplicaFile[], golden: GoldenCase, point: GoldenPoint): Promise<Answer> {
  const path = join(folder, `${golden.name}-${++fileCount}.db`);
  try {
    const report = await restorePoint(replicaOf(files), { kind: 'txid', txid: point.txid }, path);
    const expected = golden.points.find(({ txid }) => txid === report.txid);
    // TXID 1 was not recorded: the databases had no tables of their own yet.
    if (expected !== undefined) restored.push({ path, expected: expected.dumpSha256 });
    assert.equal(report.bytesRead, cheapestBytes(files, report.txid));
    if (report.txid === point.txid) return { kind: 'exact' };
    assert.deepEqual(
      report.notices.map((notice) => notice.code),
      ['inside-file'],
    );
    return { kind: 'older', txid: report.txid };
  } catch (error) {
    if (!(error instanceof RestoreError)) throw error;
    return { kind: 'refused', error };
  }
}

/** Asks for every point and checks each answer against what a search over all files says. */
async function askAll(files: readonly GoldenReplicaFile[], golden: GoldenCase): Promise<Map<bigint, Answer>> {
  const answers = new Map<bigint, Answer>();
  for (const point of golden.points) {
    const answer = await ask(files, golden, point);
    assert.equal(
      answer.kind === 'exact',
      cheapestBytes(files, point.txid) !== undefined,
      `${golden.name} ${point.txid}`,
    );
    answers.set(point.txid, answer);
  }
  return answers;
}

function compareDumps(): void {
  const digests = dumpDigests(restored.map(({ path }) => path));
  for (const [i, { path, expected }] of restored.entries()) assert.equal(digests[i], expected, path);
  assert(restored.length > 0);
  restored = [];
}

test('restore works at compacted boundaries when level 0 is gone up to there, and says what lies inside', async () => {
  let exact = 0;
  let older = 0;
  for (const golden of cases) {
    const ends = new Set(golden.files.filter((file) => file.level > 0 && file.level < 9).map((file) => file.maxTxid));
    for (const end of ends) {
      const files = golden.files.filter((file) => file.level > 0 || file.maxTxid > end);
      for (const answer of (await askAll(files, golden)).values()) {
        if (answer.kind === 'exact') exact++;
        else if (answer.kind === 'older') older++;
        else assert.equal(answer.error.code, 'before-first');
      }
    }
  }
  assert(exact > 100 && older > 20, `${exact} exact, ${older} older`);
  compareDumps();
});

test('restore needs no levels 1 and 2, nor any snapshot, while level 0 is whole', async () => {
  for (const golden of cases) {
    for (const gone of [[1, 2], [9], [1, 2, 9]]) {
      const answers = await askAll(
        golden.files.filter((file) => !gone.includes(file.level)),
        golden,
      );
      for (const [txid, answer] of answers)
        assert.equal(answer.kind, 'exact', `${golden.name} ${txid} without ${gone}`);
    }
  }
  compareDumps();
});

test('restore goes by compacted times when level 0 is gone', async () => {
  for (const golden of cases) {
    const files = golden.files.filter((file) => file.level > 0);
    const ends = new Set(files.filter((file) => file.level < 9).map((file) => file.maxTxid));
    for (const point of golden.points.filter(({ txid }) => ends.has(txid))) {
      const path = join(folder, `${golden.name}-${++fileCount}.db`);
      const target = { kind: 'moment', timestampMs: point.timestampMs } as const;
      const report = await restorePoint(replicaOf(files), target, path);
      assert.equal(report.txid, point.txid, `${golden.name} ${point.txid}`);
      restored.push({ path, expected: point.dumpSha256 });
    }
  }
  compareDumps();
});

test('restore names the gap that one missing file makes', async () => {
  const seed = Date.now() % 1_000_000;
  console.log(`seed ${seed}`);
  let random = seed;
  const below = (limit: number): number => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((random / 2 ** 32) * limit);
  };
  let gaps = 0;
  for (const golden of cases) {
    for (let round = 0; round < 2; round++) {
      const lost = golden.files[below(golden.files.length)]!;
      await askAll(
        golden.files.filter((file) => file !== lost),
        golden,
      );
    }
    // A TXID that only level 0 holds.
    const covered = (file: GoldenReplicaFile) =>
      golden.files.some((other) => other !== file && other.minTxid <= file.minTxid && other.maxTxid >= file.maxTxid);
    const only = golden.files.filter(
      (file) => file.level === 0 && !covered(file) && file.maxTxid < golden.points.at(-1)!.txid,
    );
    if (only.length === 0) continue;
    const lost = only[below(only.length)]!;
    const answers = await askAll(
      golden.files.filter((file) => file !== lost),
      golden,
    );
    for (const [txid, answer] of answers) {
      if (txid < lost.minTxid) continue;
      assert(answer.kind === 'refused', `${golden.name} ${txid} without ${lost.minTxid}`);
      assert.equal(answer.error.code, 'gap');
      assert.deepEqual(answer.error.data?.missing, { from: lost.minTxid, to: lost.maxTxid });
      assert.equal(answer.error.data?.latest, lost.minTxid - 1n);
      gaps++;
    }
  }
  assert(gaps > 0);
  compareDumps();
});
