import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RestoredPages } from '../../../src/engine/restore/apply/restored-pages.ts';
import { noWalPosition } from '../../../src/format/ltx/header.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { loadKernels } from '../../../src/kernel/load-kernels.ts';
import { Random } from '../../support/random.ts';

const seed = Number(process.env.RESTORED_PAGES_SEED ?? Math.floor(Math.random() * 2 ** 31));
const kernels = loadKernels();
const runPages = 64;

interface Case {
  readonly pageSizeBytes: number;
  readonly commit: number;
  /** How many pages come in small files, before the others. */
  readonly scattered: number;
}

/** Writes a database as a restore does, several runs at a time; returns how many writes that took. */
async function writesOf({ pageSizeBytes, commit, scattered }: Case, random: Random): Promise<number> {
  const database = new DataView(new ArrayBuffer(commit * pageSizeBytes));
  const written = new Uint32Array(commit);
  let writeCount = 0;
  const target = {
    async writeAt(bytes: Uint8Array, position: number) {
      writeCount++;
      new Uint8Array(database.buffer).set(bytes, position);
      const untilPage = (pageSizeBytes - (position % pageSizeBytes)) % pageSizeBytes;
      for (let at = position + untilPage; at < position + bytes.length; at += pageSizeBytes) {
        written[at / pageSizeBytes]!++;
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const txid = toTxid(1);
  const file = { ...noWalPosition, minTxid: txid, maxTxid: txid, timestampMs: 0, epoch: 0, checksums: undefined };
  const header = { ...file, pageSizeBytes, commit, noChecksum: true, preApplyChecksum: 0n } as never;
  const pages = new RestoredPages(header, target, undefined);
  /** Of a run that has pages between them which are not to be written. */
  const keep = async (pgnos: readonly number[]) => {
    const run = kernels.openRun(pageSizeBytes, 2 * runPages);
    const view = new DataView(run.pages.buffer, run.pages.byteOffset);
    const needed: { from: number; to: number }[] = [];
    let at = 0;
    for (const pgno of pgnos) {
      if (needed.length === 0 || random.chance(0.1)) {
        run.pgnos[at++] = pgno;
        needed.push({ from: at, to: at });
      }
      run.pgnos[at] = pgno;
      view.setUint32(at * pageSizeBytes, pgno);
      view.setUint32((at + 1) * pageSizeBytes - 4, pgno);
      needed.at(-1)!.to = ++at;
    }
    await pages.keep(run, needed);
    run.pages.fill(0); // it may be used again
  };
  const all = random.shuffled(Array.from({ length: commit }, (_, at) => at + 1));
  const small = all.slice(0, scattered);
  for (let at = 0; at < small.length; at += 8) await keep(small.slice(at, at + 8).sort((a, b) => a - b));
  const others = all.slice(scattered).sort((a, b) => a - b);
  const runs = Array.from({ length: Math.ceil(others.length / runPages) }, (_, i) =>
    others.slice(i * runPages, (i + 1) * runPages),
  );
  const worker = async () => {
    for (let run = runs.shift(); run !== undefined; run = runs.shift()) await keep(run);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  await pages.finish();
  assert.ok(
    written.every((count) => count === 1),
    'each page was written once',
  );
  for (let pgno = 1; pgno <= commit; pgno++) {
    const marks = [(pgno - 1) * pageSizeBytes, pgno * pageSizeBytes - 4].map((at) => database.getUint32(at));
    assert.deepEqual(marks, [pgno, pgno], 'each page stands in its place');
  }
  return writeCount;
}

describe(`restored pages (RESTORED_PAGES_SEED=${seed})`, () => {
  it('pages of small files become part of the large writes around them', async () => {
    const writes = await writesOf({ pageSizeBytes: 4096, commit: 4_000, scattered: 200 }, new Random(seed));
    assert.ok(writes < 150, `${writes} writes for 62 runs with 200 holes`);
  });

  it('more than may wait in memory are written by themselves', async () => {
    const writes = await writesOf({ pageSizeBytes: 65_536, commit: 900, scattered: 450 }, new Random(seed));
    assert.ok(writes > 50, `${writes} writes`);
  });

  it('whatever the sizes, each page is written once', async () => {
    const random = new Random(seed);
    for (let i = 0; i < 50; i++) {
      const commit = random.int(1, 500);
      await writesOf({ pageSizeBytes: random.pick([512, 4096]), commit, scattered: random.int(0, commit) }, random);
    }
  });
});
