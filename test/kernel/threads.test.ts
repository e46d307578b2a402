import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { KernelError } from '../../src/kernel/kernel-error.ts';
import type { Kernels, PageRun } from '../../src/kernel/kernels.ts';
import { testPage } from '../support/test-pages.ts';
import { describeKernels, wasmKernels } from './every-kernels.ts';
import { dyingProgram, threadedKernels } from './threaded-kernels.ts';

const seed = Number(process.env.TEST_SEED ?? Date.now() % 0x7fff_ffff);
console.log(`# TEST_SEED=${seed}`);
const capacity = 8;

function fill(run: PageRun, pageCount: number, from: number): void {
  for (let i = 0; i < pageCount; i++) {
    run.pages.set(testPage(run.pageSize, from + i), i * run.pageSize);
    run.pgnos[i] = from + i;
  }
}

/** Everything a verb left in a workspace. */
function outcome(run: PageRun, pageCount: number, frameBytes: number, register: bigint) {
  return {
    register,
    frames: Buffer.from(run.frames.subarray(0, frameBytes)),
    pages: Buffer.from(run.pages.subarray(0, pageCount * run.pageSize)),
    pgnos: [...run.pgnos.subarray(0, pageCount)],
    checksums: [...run.checksums.subarray(0, pageCount)],
    sizes: [...run.frameSizes.subarray(0, pageCount)],
  };
}

function inPlace(kernels: Kernels, pageSize: number, pageCount: number, from: number) {
  const run = kernels.openRun(pageSize, capacity);
  fill(run, pageCount, from);
  const { frameBytes, register } = run.encode(pageCount, 0n);
  return outcome(run, pageCount, frameBytes, register);
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition() && tries < 1000; tries++) await delay(10);
  assert.ok(condition());
}

describeKernels('ThreadPool', (kernels) => {
  it('encodes and decodes as a workspace does in place, many at a time', async () => {
    const { threads } = threadedKernels(kernels);
    const job = fc.record({
      pageSize: fc.constantFrom(512, 4096, 65536),
      pageCount: fc.integer({ min: 0, max: capacity }),
      from: fc.integer({ min: 1, max: 0xffff_ff00 }),
    });
    const property = fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 6 }), async (jobs) => {
      const results = await Promise.all(
        jobs.map(async ({ pageSize, pageCount, from }) => {
          const lent = threads.borrow(pageSize, capacity)!;
          const { run } = lent;
          fill(run, pageCount, from);
          const { frameBytes, register } = (await lent.encode(pageCount, 0n))!;
          const encoded = outcome(run, pageCount, frameBytes, register);
          for (const array of [run.pages, run.pgnos, run.frameSizes]) array.fill(0);
          run.checksums.fill(0n);
          const decoded = (await lent.decode(frameBytes, 0n))!;
          assert.equal(decoded.pageCount, pageCount);
          assert.equal(decoded.hashedBytes, pageCount * (10 + pageSize));
          assert.deepEqual(outcome(run, pageCount, frameBytes, decoded.register), encoded);
          lent.giveBack();
          return encoded;
        }),
      );
      for (const [i, { pageSize, pageCount, from }] of jobs.entries()) {
        assert.deepEqual(results[i], inPlace(kernels, pageSize, pageCount, from));
      }
    });
    await fc.assert(property, { seed, numRuns: kernels.kind === 'wasm' ? 40 : 8 });
  });

  it('leaves frames that are wrong to the caller, who meets the error in place, and goes on', async () => {
    const { threads } = threadedKernels(kernels);
    const lent = threads.borrow(512, capacity)!;
    fill(lent.run, 3, 1);
    const { frameBytes } = (await lent.encode(3, 0n))!;
    lent.run.frames[4] = 0xff;
    assert.equal(await lent.decode(frameBytes, 0n), undefined);
    assert.throws(() => lent.run.decode(frameBytes, 0n), KernelError);
    lent.run.frames[4] = 0;
    assert.equal((await lent.decode(frameBytes, 0n))?.pageCount, 3);
    lent.giveBack();
  });

  it('leaves everything to the caller when a thread dies, with the inputs as they were, and starts none again', async () => {
    const { threads } = threadedKernels(kernels, { program: dyingProgram });
    const lent = Array.from({ length: 4 }, () => threads.borrow(512, capacity)!);
    for (const { run } of lent) fill(run, capacity, 7);
    const answers = await Promise.all(lent.map(({ encode }) => encode(capacity, 0n)));
    assert.deepEqual(answers, [undefined, undefined, undefined, undefined]);
    for (const { run } of lent) {
      const { frameBytes, register } = run.encode(capacity, 0n);
      assert.deepEqual(outcome(run, capacity, frameBytes, register), inPlace(kernels, 512, capacity, 7));
    }
    assert.equal(await lent[0]!.encode(1, 0n), undefined);
    for (const { giveBack } of lent) giveBack();
    assert.equal(threads.threadCount, 0);
    assert.equal(threads.borrow(512, capacity), undefined);
  });
});

test('ThreadPool leaves everything to the caller where threads cannot start', async () => {
  const { threads } = threadedKernels(wasmKernels, { program: new URL('./there-is-none.js', import.meta.url) });
  const lent = threads.borrow(512, capacity)!;
  assert.equal(await lent.encode(1, 0n), undefined);
  lent.giveBack();
  await until(() => threads.threadCount === 0);
  assert.equal(threads.borrow(512, capacity), undefined);
});

test('ThreadPool lends three workspaces a thread, of whatever sizes, and no more', () => {
  const { threads } = threadedKernels(wasmKernels);
  for (let round = 0; round < 3; round++) {
    const lent = Array.from({ length: 6 }, (_, i) => threads.borrow(512 << ((i + round) % 4), capacity)!);
    assert.ok(lent.every((run) => run !== undefined));
    assert.equal(threads.borrow(512, capacity), undefined);
    for (const { giveBack } of lent) giveBack();
  }
});

test('ThreadPool ends its threads soon after the last work, and starts them again for the next', async () => {
  const { threads } = threadedKernels(wasmKernels);
  assert.equal(threads.threadCount, 0, 'none before there is work');
  for (let round = 0; round < 2; round++) {
    const lent = threads.borrow(512, capacity)!;
    await delay(100);
    assert.equal(threads.threadCount, 2, 'none ends while a workspace is lent');
    assert.ok(await lent.encode(1, 0n));
    lent.giveBack();
    await until(() => threads.threadCount === 0);
  }
});

test('ThreadPool keeps no process alive', () => {
  const program = fileURLToPath(new URL('./threads-at-exit.js', import.meta.url));
  const said = execFileSync(process.execPath, [program], { encoding: 'utf8', timeout: 30_000 });
  assert.match(said, /^encoded \d+ bytes on 2 threads\n$/);
});
