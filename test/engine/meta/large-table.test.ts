import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type PageChanges, PageChecksumTable } from '../../../src/engine/meta/page-checksum-table.ts';
import { emptyDatabaseChecksum } from '../../../src/format/ltx/checksum.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { type DurableStage, durableStages } from '../../../src/runtime/durable-step.ts';
import { descriptorCount } from '../../sqlite/live-fixture.ts';
import { temporaryFolder } from '../scene.ts';

const flag = 1n << 63n;
/** Tables of fewer pages are held in memory. */
const leastPages = 131_073;
const mostPages = 133_000;
const headerBytes = 40;
const blockEntries = 512;
const durableFiles = new DurableFiles();

function changesOf(pages: Iterable<readonly [number, bigint]>, commit: number): PageChanges {
  const kept = [...pages].filter(([pgno]) => pgno <= commit).sort(([a], [b]) => a - b);
  const pgnos = [Uint32Array.from(kept, ([pgno]) => pgno)];
  return { pgnos, checksums: [BigUint64Array.from(kept, ([, checksum]) => checksum)], commit };
}

/** What a table should hold, as a map. */
class Model {
  readonly pages: Map<number, bigint>;
  pageCount: number;

  constructor(pages: Iterable<readonly [number, bigint]>, pageCount: number) {
    this.pages = new Map(pages);
    this.pageCount = pageCount;
  }

  copy(): Model {
    return new Model(this.pages, this.pageCount);
  }

  resize(pageCount: number): void {
    for (const pgno of this.pages.keys()) if (pgno > pageCount) this.pages.delete(pgno);
    this.pageCount = pageCount;
  }

  set(pgno: number, checksum: bigint): void {
    this.pages.set(pgno, checksum);
    this.pageCount = Math.max(this.pageCount, pgno);
  }

  assertIs(table: PageChecksumTable, asked: Iterable<number>): void {
    const sum = [...this.pages.values()].reduce((all, one) => all ^ one, emptyDatabaseChecksum as bigint) | flag;
    assert.equal(table.checksum, sum);
    assert.equal(table.pageCount, this.pageCount);
    for (const pgno of asked) assert.equal(table.get(pgno), this.pages.get(pgno) ?? 0n, `page ${pgno}`);
  }
}

const anyChecksum = fc.bigInt({ min: 0n, max: flag - 1n }).map((value) => value | flag);
/** Rather where blocks begin and end than elsewhere. */
const anyPgno = fc.oneof(
  fc.integer({ min: 1, max: mostPages }),
  fc.tuple(fc.integer({ min: 252, max: 259 }), fc.integer({ min: -1, max: 2 })).map(([block, by]) => block * 512 + by),
);
const somePages = fc.array(fc.tuple(anyPgno, anyChecksum), { maxLength: 12 }).map((list) => new Map(list));
const anyStep = fc.oneof(
  fc.record({ kind: fc.constant('apply' as const), pages: somePages, commit: anyPgno }),
  fc.record({ kind: fc.constant('set' as const), pages: somePages }),
  fc.record({ kind: fc.constant('resize' as const), pageCount: anyPgno }),
  fc.record({ kind: fc.constant('move' as const) }),
  fc.record({ kind: fc.constant('fail' as const), stage: fc.constantFrom<DurableStage>(...durableStages) }),
  fc.record({ kind: fc.constant('reopen' as const) }),
);

test('PageChecksumTable is what a map would be, whichever of its blocks lie in the file and whatever becomes of a save', async (t) => {
  const seed = Number(process.env.TABLE_SEED ?? Date.now() % 1_000_000_007);
  console.log(`seed ${seed}`);
  const path = join(temporaryFolder(t), 'page-checksums');
  const property = fc.asyncProperty(somePages, fc.array(anyStep, { maxLength: 12 }), async (first, steps) => {
    let model = new Model(
      [...first].filter(([pgno]) => pgno <= leastPages),
      leastPages,
    );
    let table = new PageChecksumTable(512);
    table.resize(leastPages);
    for (const [pgno, checksum] of model.pages) table.set(pgno, checksum);
    await table.moveTo(path, toTxid(1), { durableFiles });
    let stored = model.copy();
    const asked = new Set([1, leastPages, mostPages + 1, ...first.keys()]);
    try {
      for (const step of steps) {
        if (step.kind === 'apply') {
          const changes = changesOf(step.pages, step.commit);
          const after = table.checksumAfter(changes);
          model.assertIs(table, asked);
          table.apply(changes);
          assert.equal(table.checksum, after, 'foretold');
          model.resize(step.commit);
          for (const [pgno, checksum] of step.pages) if (pgno <= step.commit) model.set(pgno, checksum);
        } else if (step.kind === 'set') {
          for (const [pgno, checksum] of step.pages) table.set(pgno, checksum);
          for (const [pgno, checksum] of step.pages) model.set(pgno, checksum);
        } else if (step.kind === 'resize') {
          table.resize(step.pageCount);
          model.resize(step.pageCount);
        } else if (step.kind === 'move') {
          await table.moveTo(path, toTxid(2), { durableFiles });
          stored = model.copy();
        } else if (step.kind === 'fail') {
          const failing = new DurableFiles((reached) => {
            if (reached === `checksum-table.${step.stage}`) throw new Error('no further');
          });
          await assert.rejects(table.moveTo(path, toTxid(3), { durableFiles: failing }), /no further/);
          if (step.stage === 'publish' || step.stage === 'sync-directory') stored = model.copy();
        } else {
          table.close();
          table = (await PageChecksumTable.open(path))!.table;
          model = stored.copy();
        }
        if ('pages' in step) for (const pgno of step.pages.keys()) asked.add(pgno);
        model.assertIs(table, asked);
        stored.assertIs((await PageChecksumTable.load(path))!.table, asked);
        assert.ok(descriptorCount(path) <= 1);
      }
    } finally {
      table.close();
    }
    assert.equal(descriptorCount(path), 0);
  });
  await fc.assert(property, { seed, numRuns: 40 });
});

function checksumOf(pgno: number): bigint {
  return ((BigInt(pgno) * 0x9e37_79b9_7f4a_7c15n) % flag) | flag;
}

/** A large table in its file, every page of which has a checksum. */
async function largeTable(t: TestContext): Promise<{ path: string; table: PageChecksumTable }> {
  const path = join(temporaryFolder(t), 'page-checksums');
  const table = new PageChecksumTable(512);
  for (let pgno = 1; pgno <= leastPages; pgno++) table.set(pgno, checksumOf(pgno));
  await table.moveTo(path, toTxid(7), { durableFiles });
  t.after(() => table.close());
  return { path, table };
}

/** Changes the file in place, as a bad disk would. */
function overwrite(path: string, pgno: number, bytes: Buffer): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, headerBytes + (pgno - 1) * 8);
  closeSync(descriptor);
}

/** The first page of a block that is damaged. */
const damaged = 100 * blockEntries + 1;
const damages: readonly { readonly what: string; readonly says: RegExp; make(path: string): void }[] = [
  {
    what: 'a byte of an entry is another',
    says: /not what was written$/,
    make: (path) => overwrite(path, damaged + 300, Buffer.of(Number(checksumOf(damaged + 300) & 255n) ^ 4)),
  },
  {
    what: 'it is all zeros',
    says: /not what was written$/,
    make: (path) => overwrite(path, damaged, Buffer.alloc(blockEntries * 8)),
  },
  {
    what: 'the file ends in it',
    says: /it was cut$/,
    make: (path) => truncateSync(path, headerBytes + (damaged + 10) * 8),
  },
];

for (const { what, says, make } of damages) {
  test(`PageChecksumTable says nothing of a block, and is not stored, when ${what}`, async (t) => {
    const { path, table } = await largeTable(t);
    assert.equal(table.get(damaged - 1), checksumOf(damaged - 1));
    make(path);
    const before = readFileSync(path);
    const lost = { code: 'table-lost', message: says };
    assert.equal(table.get(1), checksumOf(1), 'another block');
    assert.throws(() => table.get(damaged), lost);
    assert.throws(() => table.set(damaged, flag), lost);
    assert.throws(() => table.checksumAfter(changesOf([[damaged, flag]], leastPages)), lost);
    assert.throws(() => table.resize(damaged), lost);
    await assert.rejects(table.moveTo(path, toTxid(8), { durableFiles }), lost);
    assert.deepEqual(readFileSync(path), before, 'what is stored stays');
    assert.equal(await PageChecksumTable.open(path), undefined);
    assert.equal(descriptorCount(path), 1);
  });
}

test('PageChecksumTable.apply needs nothing of the file that checksumAfter has not read', async (t) => {
  const { path, table } = await largeTable(t);
  const touched = [3, 5_000, 70_000, 70_001, leastPages - 600].map((pgno) => [pgno, checksumOf(pgno + 1)] as const);
  const changes = changesOf(touched, leastPages - 500);
  const after = table.checksumAfter(changes);
  truncateSync(path, 0);
  table.apply(changes);
  assert.equal(table.checksum, after);
  for (const [pgno, checksum] of touched) assert.equal(table.get(pgno), checksum);
});

test('PageChecksumTable goes on without its directory, though it cannot be stored there', async (t) => {
  const { path, table } = await largeTable(t);
  rmSync(join(path, '..'), { recursive: true });
  for (const pgno of [1, 60_000, leastPages]) assert.equal(table.get(pgno), checksumOf(pgno));
  table.set(60_000, flag);
  await assert.rejects(table.moveTo(path, toTxid(8), { durableFiles }), { code: 'ENOENT' });
  assert.equal(table.get(60_000), flag);
  assert.equal(table.get(60_001), checksumOf(60_001));
});

test('PageChecksumTable goes on with the file before when the new one cannot be opened', async (t) => {
  const { path, table } = await largeTable(t);
  table.set(60_000, flag);
  const losing = new DurableFiles((reached) => {
    if (reached === 'checksum-table.sync-directory') rmSync(path);
  });
  await table.moveTo(path, toTxid(8), { durableFiles: losing });
  for (const pgno of [1, 59_999, 60_001, leastPages]) assert.equal(table.get(pgno), checksumOf(pgno));
  assert.equal(table.get(60_000), flag);
  await table.moveTo(path, toTxid(9), { durableFiles });
  assert.equal(descriptorCount(path), 1);
  assert.equal((await PageChecksumTable.load(path))!.tag.checksum, table.checksum);
});

test('PageChecksumTable is not published when it changes while it is stored', async (t) => {
  const { path, table } = await largeTable(t);
  const before = readFileSync(path);
  const storing = table.moveTo(path, toTxid(8), { durableFiles });
  table.set(leastPages, flag);
  await assert.rejects(storing, { code: 'table-lost', message: /changed meanwhile$/ });
  assert.deepEqual(readFileSync(path), before);
  await table.moveTo(path, toTxid(8), { durableFiles });
  assert.equal((await PageChecksumTable.load(path))!.table.get(leastPages), flag);
});

test('PageChecksumTable holds a descriptor when it is large, none when it is not, and says nothing once closed', async (t) => {
  const { path, table } = await largeTable(t);
  assert.equal(descriptorCount(path), 1);
  await table.moveTo(path, toTxid(8), { durableFiles });
  assert.equal(descriptorCount(path), 1);
  table.close();
  table.close();
  assert.equal(descriptorCount(path), 0);
  assert.throws(() => table.get(1), { code: 'table-lost', message: /it is closed$/ });
  const { table: opened } = (await PageChecksumTable.open(path))!;
  assert.equal(descriptorCount(path), 1);
  opened.close();
  const { table: loaded } = (await PageChecksumTable.load(path))!;
  assert.equal(descriptorCount(path), 0);
  assert.equal(loaded.get(leastPages), checksumOf(leastPages));
  const small = new PageChecksumTable(512);
  small.resize(leastPages - 1);
  await small.moveTo(path, toTxid(9), { durableFiles });
  const { table: reopened } = (await PageChecksumTable.open(path))!;
  await reopened.moveTo(path, toTxid(10), { durableFiles });
  assert.equal(descriptorCount(path), 0);
});
