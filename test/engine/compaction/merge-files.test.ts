import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemoryBudget } from '../../../src/engine/compaction/memory-budget.ts';
import { RestoreError } from '../../../src/engine/restore/restore-error.ts';
import { unknownChecksum } from '../../../src/format/ltx/checksum.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { ltxPath } from '../../../src/replica/directory-layout.ts';
import { MemoryReplicaClient } from '../../../src/replica/memory/memory-replica-client.ts';
import { decodeLtxFile } from '../../support/ltx-file-spec.ts';
import { oldFramesFile } from '../../support/old-frames-file.ts';
import { Random } from '../../support/random.ts';
import { kernels, ModelDatabase, somePage, somePages } from '../restore/model-database.ts';
import { bytesOf, filesOf, MergeScene } from './merge-scene.ts';

const seed = Date.now() % 1_000_000_007;
console.log(`seed ${seed}`);

/** Grows, shrinks and rewrites pages. */
function randomModel(random: Random, commits: number, pageSizeBytes = 512): ModelDatabase {
  const model = new ModelDatabase();
  let size = 0;
  for (let version = 0; version < commits; version++) {
    const commit = random.int(1, 40);
    const changes = new Map<number, Uint8Array>();
    for (let i = random.int(0, 8); i > 0; i--) changes.set(random.int(1, commit), somePage(1, version, pageSizeBytes));
    for (let pgno = size + 1; pgno <= commit; pgno++) changes.set(pgno, somePage(pgno, version, pageSizeBytes));
    model.commit(changes, commit, pageSizeBytes);
    size = commit;
  }
  return model;
}

test('mergeFiles gives the newest version of each page, whatever files it is given and however they are read', async (t) => {
  const property = fc.asyncProperty(fc.integer(), fc.boolean(), fc.boolean(), async (one, plain, isSpooled) => {
    const random = new Random(one);
    const scene = new MergeScene(t);
    const model = randomModel(random, random.int(1, 14));
    const [min, max] = [random.int(1, model.txid), random.int(1, model.txid)].sort((a, b) => a - b) as [number, number];
    // Pieces may overlap, as after a crash.
    for (let at = min; at <= max; ) {
      const from = at === min ? min : random.int(min, at);
      const to = Math.min(max, at + random.int(0, 3));
      model.addFile(0, from, to, { withoutChecksums: plain });
      at = to + 1;
    }
    const budget = isSpooled ? new MemoryBudget(0) : scene.budget;
    await using merged = await scene.merge(1, filesOf(model.files, 0), model.replica(), { budget });
    const decoded = decodeLtxFile(await bytesOf(merged), kernels);
    model.files.clear();
    const expected = decodeLtxFile(
      model.files.get(model.addFile(1, min, max, { withoutChecksums: plain && min > 1 }))!,
      kernels,
    );
    assert.deepEqual(decoded.pages, expected.pages);
    assert.equal(
      decoded.header.checksums?.after ?? unknownChecksum,
      expected.header.checksums?.after ?? unknownChecksum,
    );
    assert.equal(decoded.header.walOffset, 0);
    assert.equal(decoded.header.timestampMs, model.timestampAt(max));
    assert.deepEqual([merged.file.level, merged.file.minTxid, merged.file.maxTxid], [1, toTxid(min), toTxid(max)]);
    assert.ok(scene.isClean);
  });
  await fc.assert(property, { seed, numRuns: 60 });
});

/** Two files of 6 MB, which go by as streams, and small ones after them. */
function largeModel(): ModelDatabase {
  const model = new ModelDatabase();
  model.commit(somePages(1500, 0, 4096, true), 1500, 4096);
  model.commit(somePages(1450, 1, 4096, true), 1500);
  for (let i = 2; i < 30; i++) model.commit(new Map([[i * 50, somePage(i * 50, i, 4096, true)]]), 1500 - i);
  return model;
}

test('mergeFiles streams large files: each is opened thrice at most and never kept', async (t) => {
  const scene = new MergeScene(t);
  const model = largeModel();
  model.addLevel0(1, model.txid, { withoutChecksums: true });
  const opens = new Map<string, number>();
  const client = model.replica({
    fault(call) {
      if (call.operation === 'open') opens.set(ltxPath(call.file), (opens.get(ltxPath(call.file)) ?? 0) + 1);
      return undefined;
    },
  });
  const files = filesOf(model.files, 0);
  await using merged = await scene.merge(9, files, client);
  const { pages, header } = decodeLtxFile(await bytesOf(merged), kernels);
  assert.equal(Buffer.compare(Buffer.concat([...pages.values()]), model.bytesAt(model.txid)), 0);
  assert.equal(header.commit, 1500 - 29);
  for (const file of files) assert.equal(opens.get(ltxPath(file)), file.sizeBytes > 1 << 22 ? 3 : 1);
  assert.ok(scene.isClean);
});

test('mergeFiles refuses a damaged input, wherever it is damaged and however it is read, and names it', async (t) => {
  const scene = new MergeScene(t);
  const random = new Random(seed);
  const model = largeModel();
  model.addLevel0(1, 4, { withoutChecksums: true });
  const files = filesOf(model.files, 0);
  for (let round = 0; round < 12; round++) {
    const file = files[round % files.length]!;
    const path = ltxPath(file);
    const whole = model.files.get(path)!;
    const damaged = new Uint8Array(whole);
    const at = random.pick([random.int(40, 99), random.int(100, whole.length - 1), whole.length - 3]);
    damaged[at] = damaged[at]! ^ 0x10;
    const isCut = round % 4 === 3;
    model.files.set(path, isCut ? whole.subarray(0, whole.length - 9) : damaged);
    const budget = round % 3 === 0 ? new MemoryBudget(0) : scene.budget;
    await assert.rejects(scene.merge(1, files, model.replica(), { budget }), (error: Error) => {
      const isNamed = error.message.includes(path.slice(-20)) || /TXIDs? 0*[1-4]/.test(error.message);
      assert.ok(error instanceof RestoreError || error.name === 'LtxError', `${error.name}: ${error.message}`);
      assert.ok(isNamed, `round ${round}, byte ${at}: ${error.message}`);
      return true;
    });
    assert.ok(scene.isClean, `round ${round}`);
    model.files.set(path, whole);
  }
});

test('mergeFiles refuses files that do not follow each other', async (t) => {
  const scene = new MergeScene(t);
  const model = randomModel(new Random(1), 6);
  model.addLevel0();
  const files = filesOf(model.files, 0);
  await assert.rejects(scene.merge(1, [files[0]!, files[2]!], model.replica()), /Cannot merge TXIDs 0+3 to 0+3: /);
  model.addFile(0, 3, 3, { before: model.checksumAt(1) });
  await assert.rejects(scene.merge(1, files, model.replica()), /Cannot merge TXIDs 0+3 to 0+3: it goes on from/);
});

test('mergeFiles stops before another page size', async (t) => {
  const scene = new MergeScene(t);
  const model = randomModel(new Random(2), 4);
  model.commit(somePages(20, 9, 1024), 20, 1024);
  model.commit(somePages(3, 10, 1024), 20);
  model.addLevel0();
  const files = filesOf(model.files, 0);
  await using older = await scene.merge(1, files, model.replica());
  await using newer = await scene.merge(1, files.slice(4), model.replica());
  assert.deepEqual([older.file.minTxid, older.file.maxTxid, older.header.pageSizeBytes], [1n, 4n, 512]);
  assert.deepEqual([newer.file.minTxid, newer.file.maxTxid, newer.header.pageSizeBytes], [5n, 6n, 1024]);
  assert.ok(scene.isClean);
});

test('mergeFiles encodes frames of the older kind anew', async (t) => {
  const scene = new MergeScene(t);
  const model = new ModelDatabase();
  model.commit(somePages(300, 0), 300);
  model.commit(new Map([7, 9, 200].map((pgno) => [pgno, somePage(pgno, 1)])), 290);
  model.addLevel0(2, 2);
  model.files.set('ltx/0/0000000000000001-0000000000000001.ltx', oldFramesFile(512, somePages(300, 0)));
  const client = new MemoryReplicaClient({ files: model.files });
  await using merged = await scene.merge(9, filesOf(model.files, 0), client);
  const { pages, header } = decodeLtxFile(await bytesOf(merged), kernels);
  assert.equal(header.checksums?.after, model.checksumAt(2));
  assert.equal(Buffer.compare(Buffer.concat([...pages.values()]), model.bytesAt(2)), 0);
});

test('mergeFiles merges a thousand files in one pass with memory bounded by their page indexes', async (t) => {
  const scene = new MergeScene(t);
  const model = new ModelDatabase();
  model.commit(somePages(4000, 0, 4096, true), 4000, 4096);
  for (let i = 1; i < 1000; i++) {
    const pgnos = Array.from({ length: 16 }, (_, k) => ((i * 16 + k * 7) % 4000) + 1);
    model.commit(new Map(pgnos.map((pgno) => [pgno, somePage(pgno, i, 4096, true)])), 4000);
  }
  model.addLevel0(1, 1000, { withoutChecksums: true });
  const files = filesOf(model.files, 0);
  const inputBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const before = process.memoryUsage();
  let peakBytes = 0;
  let openCount = 0;
  const client = model.replica({
    fault({ operation }) {
      if (operation === 'open') openCount++;
      if (operation === 'read' && openCount % 20 === 0)
        peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers);
      return undefined;
    },
  });
  await using merged = await scene.merge(1, files, client);
  const heldBytes = peakBytes - before.arrayBuffers;
  assert.ok(inputBytes > 64 << 20);
  assert.ok(heldBytes < 40 << 20, `${heldBytes} bytes`);
  assert.equal(openCount, 999 + 3);
  const decoded = decodeLtxFile(await bytesOf(merged), kernels);
  assert.equal(Buffer.compare(Buffer.concat([...decoded.pages.values()]), model.bytesAt(1000)), 0);
  assert.ok(scene.isClean);
});
