import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PageSource } from '../../../src/engine/page-source.ts';
import { overlaidPages } from '../../../src/engine/write/overlaid-pages.ts';
import { referenceKernels } from '../../../src/kernel/reference/reference-kernels.ts';

const pageSize = 512;

/** A source that gives at most `step` pages at a time. */
function sourceOf(pages: ReadonlyMap<number, number>, step: number): PageSource {
  const sorted = [...pages].sort(([a], [b]) => a - b);
  let next = 0;
  return {
    fill(run) {
      const some = sorted.slice(next, next + Math.min(step, run.capacity));
      for (const [i, [pgno, value]] of some.entries()) {
        run.pgnos[i] = pgno;
        run.pages.fill(value, i * pageSize, (i + 1) * pageSize);
      }
      next += some.length;
      return some.length;
    },
  };
}

async function read(source: PageSource, capacity: number): Promise<[number, number][]> {
  const run = referenceKernels.openRun(pageSize, capacity);
  const pages: [number, number][] = [];
  for (let count = await source.fill(run); count > 0; count = await source.fill(run)) {
    for (let i = 0; i < count; i++) {
      const page = run.pages.subarray(i * pageSize, (i + 1) * pageSize);
      assert.ok(page.every((byte) => byte === page[0]));
      pages.push([run.pgnos[i]!, page[0]!]);
    }
  }
  return pages;
}

test('overlaidPages gives the newer version of each page and leaves out what was cut off', async () => {
  const seed = Date.now() % 1_000_000_007;
  console.log(`seed ${seed}`);
  const pages = (value: number, maxPgno: number) =>
    fc.uniqueArray(fc.integer({ min: 1, max: maxPgno })).map((pgnos) => new Map(pgnos.map((pgno) => [pgno, value])));
  const cases = fc.record({
    older: pages(1, 40),
    newer: pages(2, 40),
    commit: fc.integer({ min: 1, max: 45 }),
    steps: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    capacity: fc.integer({ min: 1, max: 6 }),
  });
  const check = async ({
    older,
    newer,
    commit,
    steps,
    capacity,
  }: typeof cases extends fc.Arbitrary<infer T> ? T : never) => {
    const kept = new Map([...newer].filter(([pgno]) => pgno <= commit));
    const expected = new Map([...[...older].filter(([pgno]) => pgno <= commit), ...kept]);
    const runs = [referenceKernels.openRun(pageSize, 4), referenceKernels.openRun(pageSize, 4)] as const;
    const source = overlaidPages(sourceOf(older, steps[0]), sourceOf(kept, steps[1]), commit, runs);
    const sorted = [...expected].sort(([a], [b]) => a - b);
    assert.deepEqual(await read(source, capacity), sorted);
  };
  await fc.assert(fc.asyncProperty(cases, check), { seed, numRuns: 300 });
});
