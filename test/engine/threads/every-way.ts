import assert from 'node:assert/strict';
import { PageRuns } from '../../../src/engine/page-runs.ts';
import type { Kernels } from '../../../src/kernel/kernels.ts';
import type { ThreadPool } from '../../../src/kernel/threads/thread-pool.ts';
import { dyingProgram, threadedKernels } from '../../kernel/threaded-kernels.ts';
import { kernels } from '../restore/model-database.ts';

/** A kind of kernels that bulk work has to give the same result on. */
export interface Way {
  readonly name: string;
  readonly kernels: Kernels;
  /** Small runs, so that little data is spread over many. */
  readonly runs: PageRuns;
  /** Fails while a workspace of a thread is still lent. */
  checkNothingLent(): void;
}

const runBytes = 1 << 13;

export function inPlaceWay(): Way {
  return { name: 'in place', kernels, runs: new PageRuns(kernels, { runBytes }), checkNothingLent() {} };
}

/** With threads that live, with threads that die of their first job. */
export function threadedWays(): Way[] {
  const living = threadedKernels(kernels);
  const dying = threadedKernels(kernels, { program: dyingProgram });
  return [
    { name: 'threads', ...withRuns(living), checkNothingLent: () => borrowAll(living.threads) },
    { name: 'dying threads', ...withRuns(dying), checkNothingLent() {} },
  ];
}

function withRuns(threaded: Kernels) {
  return { kernels: threaded, runs: new PageRuns(threaded, { runBytes }) };
}

function borrowAll(threads: ThreadPool): void {
  const lent = Array.from({ length: 6 }, () => threads.borrow(512, 16));
  for (const run of lent) run?.giveBack();
  assert.ok(
    lent.every((run) => run !== undefined),
    'a workspace of a thread was not given back',
  );
}
