import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { applyPlan } from '../../../src/engine/restore/apply/apply-plan.ts';
import { RestoreError } from '../../../src/engine/restore/restore-error.ts';
import { writeLtxFile } from '../../../src/engine/write/ltx-file-writer.ts';
import type { PageRun } from '../../../src/kernel/kernels.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { ltxHeader } from '../../support/ltx-file-spec.ts';
import { Random } from '../../support/random.ts';
import { testPage } from '../../support/test-pages.ts';
import { bytesOf, filesOf, MergeScene } from '../compaction/merge-scene.ts';
import { ModelDatabase, somePage, somePages } from '../restore/model-database.ts';
import { temporaryFolder } from '../restore/restore-to-folder.ts';
import { inPlaceWay, threadedWays, type Way } from './every-way.ts';

const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000_007);
console.log(`# TEST_SEED=${seed}`);

/** Pages 1 to `count` in runs of random lengths; fails at a page when told to. */
function sourceOf(count: number, random: Random, failAt?: number) {
  let next = 1;
  return {
    async fill(run: PageRun) {
      if (failAt !== undefined && next >= failAt) throw new Error('no more pages');
      const pageCount = Math.min(random.int(1, run.capacity), count - next + 1);
      for (let i = 0; i < pageCount; i++) {
        run.pages.set(testPage(run.pageSize, next), i * run.pageSize);
        run.pgnos[i] = next++;
      }
      return pageCount;
    },
  };
}

async function written(path: string, way: Way, pageSizeBytes: number, commit: number, failAt?: number) {
  const pending = await new DurableFiles().begin('local-ltx', path);
  const source = sourceOf(commit, new Random(commit), failAt);
  const header = () => ltxHeader({ pageSizeBytes, commit });
  try {
    const encoded = await writeLtxFile(pending, { source, commit, pageSizeBytes }, header, way);
    await pending.replace();
    return encoded;
  } catch (error) {
    await pending.discard();
    throw error;
  }
}

test('writeLtxFile gives the same bytes and page checksums on threads, also on ones that die', async (t) => {
  const folder = temporaryFolder(t);
  const random = new Random(seed);
  const path = join(folder, 'file.ltx');
  for (let round = 0; round < 12; round++) {
    const pageSizeBytes = random.pick([512, 1024, 4096]);
    const commit = random.int(1, 400);
    const expected = await written(path, inPlaceWay(), pageSizeBytes, commit);
    const bytes = readFileSync(path);
    for (const way of threadedWays()) {
      const encoded = await written(path, way, pageSizeBytes, commit);
      assert.ok(readFileSync(path).equals(bytes), `${way.name}, ${commit} pages of ${pageSizeBytes}`);
      assert.deepEqual(encoded, expected);
      way.checkNothingLent();
    }
  }
});

test('writeLtxFile that runs out of its source leaves no file and no workspace lent', async (t) => {
  const folder = temporaryFolder(t);
  for (const way of [inPlaceWay(), ...threadedWays()]) {
    for (const failAt of [1, 2, 100]) {
      await assert.rejects(written(join(folder, 'file.ltx'), way, 512, 300, failAt), /no more pages/);
      way.checkNothingLent();
    }
  }
  assert.deepEqual(readdirSync(folder), []);
});

/** Large enough for its first files to be streamed: above 4 MiB. */
function largeModel(): ModelDatabase {
  const model = new ModelDatabase();
  model.commit(somePages(1400, 0, 4096, true), 1400, 4096);
  model.commit(somePages(1350, 1, 4096, true), 1400);
  for (let i = 2; i < 6; i++) model.commit(new Map([[i * 50, somePage(i * 50, i, 4096, true)]]), 1400 - i);
  return model;
}

test('mergeFiles gives the same file on threads, refuses the same damage, and stops when it is told to', async (t) => {
  const random = new Random(seed);
  const model = largeModel();
  model.addLevel0();
  const files = filesOf(model.files, 0);
  const scene = new MergeScene(t);
  await using expected = await scene.merge(9, files, model.replica());
  const [path, whole] = [...model.files][random.int(0, 1)]!;
  for (const way of threadedWays()) {
    const { runs } = way;
    {
      await using merged = await scene.merge(9, files, model.replica(), { runs });
      assert.ok((await bytesOf(merged)).equals(await bytesOf(expected)), way.name);
    }
    const damaged = Uint8Array.from(whole);
    damaged[random.int(200, whole.length - 1)]! ^= 0x20;
    model.files.set(path, damaged);
    await assert.rejects(scene.merge(9, files, model.replica(), { runs }), /^(RestoreError|LtxError)/);
    model.files.set(path, whole);
    const stop = new AbortController();
    let reads = 0;
    const client = model.replica({
      fault({ operation }) {
        if (operation === 'read' && ++reads === 20) stop.abort(new Error('stopped'));
        return undefined;
      },
    });
    await assert.rejects(scene.merge(9, files, client, { runs, signal: stop.signal }), /stopped/);
    assert.ok(scene.budget.take(1), 'the budget is free');
    scene.budget.giveBack(1);
    way.checkNothingLent();
  }
});

test('applyPlan gives the same database on threads, by page index and by whole files, and refuses the same damage', async () => {
  const random = new Random(seed);
  for (const withoutChecksums of [false, true]) {
    const model = largeModel();
    model.addLevel0(1, model.txid, { withoutChecksums });
    const files = filesOf(model.files, 0);
    const expected = model.bytesAt(model.txid);
    const [path, whole] = [...model.files][1]!;
    for (const way of threadedWays()) {
      const restored = Buffer.alloc(1400 * 4096);
      const restore = async () => {
        const target = { writeAt: async (bytes: Uint8Array, position: number) => void restored.set(bytes, position) };
        const source = { client: model.replica(), onRead() {} };
        return applyPlan(files, source, target, { parallelism: 4 }, way);
      };
      const { checksum } = await restore();
      assert.equal(checksum, model.checksumAt(model.txid), way.name);
      assert.ok(restored.subarray(0, expected.length).equals(expected), way.name);
      const damaged = Uint8Array.from(whole);
      damaged[random.int(20_000, whole.length / 2)]! ^= 0x20;
      model.files.set(path, damaged);
      await assert.rejects(restore(), RestoreError);
      model.files.set(path, whole);
      way.checkNothingLent();
    }
  }
});
