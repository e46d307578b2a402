import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageRuns } from '../../src/engine/page-runs.ts';
import { loadKernels } from '../../src/kernel/load-kernels.ts';

test('PageRuns.borrow lends what was given back before it makes another workspace, however many there were at a time', () => {
  const runs = new PageRuns(loadKernels());
  const lent = Array.from({ length: 12 }, () => runs.borrow(4096));
  assert.equal(new Set(lent).size, 12);
  for (const run of lent) runs.giveBack(run);
  const again = Array.from({ length: 12 }, () => runs.borrow(4096));
  assert.deepEqual(new Set(again), new Set(lent));
  assert.ok(!lent.includes(runs.borrow(4096)));
  assert.equal(runs.borrow(512).pageSize, 512);
});
