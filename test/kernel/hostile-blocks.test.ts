import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { KernelError } from '../../src/kernel/kernel-error.ts';
import type { Kernels, PageRun } from '../../src/kernel/kernels.ts';
import { bothKernels } from './every-kernels.ts';
import { samplePages } from './sample-pages.ts';
import { seededCheck } from './seeded-check.ts';

const pageSize = 512;
const pages = samplePages(pageSize);
const canary = 0xa5;

/** What a file might have become: bytes changed, taken out, put in or moved. */
const damage = fc.record({
  page: fc.nat(pages.length - 1),
  edits: fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('set' as const), at: fc.nat(), byte: fc.constantFrom(0, 1, 15, 16, 31, 240, 255) }),
      fc.record({ kind: fc.constant('set' as const), at: fc.nat(), byte: fc.nat(255) }),
      fc.record({ kind: fc.constant('remove' as const), at: fc.nat(), byte: fc.nat(20) }),
      fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), byte: fc.nat(255) }),
    ),
    { minLength: 1, maxLength: 4 },
  ),
});

function apply(block: Uint8Array, edits: readonly { kind: string; at: number; byte: number }[]): Uint8Array {
  const bytes = [...block];
  for (const { kind, at, byte } of edits) {
    const place = at % (bytes.length + 1);
    if (kind === 'set') bytes.splice(place, 1, byte);
    else if (kind === 'remove') bytes.splice(place, byte);
    else bytes.splice(place, 0, byte);
  }
  return Uint8Array.from(bytes);
}

function blockOf(kernels: Kernels, page: number): Uint8Array {
  const target = new Uint8Array(600);
  return target.subarray(0, kernels.compressBlock(pages[page]!, target));
}

/** The bytes, or the code of the typed error; anything else that is thrown fails the test. */
function decompressAmongCanaries(kernels: Kernels, block: Uint8Array): string {
  const around = new Uint8Array(pageSize + 128).fill(canary);
  const target = around.subarray(64, 64 + pageSize);
  let outcome: string;
  try {
    outcome = Buffer.from(target.subarray(0, kernels.decompressBlock(block, target))).toString('hex');
  } catch (error) {
    assert.ok(error instanceof KernelError, String(error));
    outcome = error.code;
  }
  assert.ok(around.subarray(0, 64).every((byte) => byte === canary));
  assert.ok(around.subarray(64 + pageSize).every((byte) => byte === canary));
  return outcome;
}

it('decompressBlock agrees on both kernels about damaged blocks and writes nothing around its target', () => {
  const outcomes = new Set<boolean>();
  const property = fc.property(damage, ({ page, edits }) => {
    const block = apply(blockOf(bothKernels[0]!, page), edits);
    const [reference, wasm] = bothKernels.map((kernels) => decompressAmongCanaries(kernels, block));
    assert.equal(wasm, reference);
    outcomes.add(reference === 'block-invalid');
  });
  seededCheck(property, 3000);
  assert.equal(outcomes.size, 2, 'some blocks were refused and some were not');
});

it('decompressBlock agrees on both kernels about random bytes', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 80 }), (block) => {
    const [reference, wasm] = bothKernels.map((kernels) => decompressAmongCanaries(kernels, block));
    assert.equal(wasm, reference);
  });
  seededCheck(property, 2000);
});

interface FrameDecoding {
  readonly result: string;
  readonly pages: string;
}

/** Decodes among canaries: the pages after the last one reached, and everything outside the outputs, stay as they are. */
function decodeAmongCanaries(run: PageRun, frames: Uint8Array): FrameDecoding {
  run.frames.set(frames);
  run.pages.fill(canary);
  const memory = new Uint8Array(run.pages.buffer);
  const before = memory.slice();
  let result: string;
  let reached: number;
  try {
    const decoded = run.decode(frames.length, 7n);
    reached = decoded.pageCount;
    result = `${decoded.pageCount} ${decoded.register} ${run.checksums.subarray(0, reached)}`;
  } catch (error) {
    assert.ok(error instanceof KernelError, String(error));
    reached = Number(/frame (\d+)/.exec(error.message)?.[1] ?? run.capacity - 1) + 1;
    result = `${error.code} ${error.message}`;
  }
  const outputs = [run.pages.subarray(0, reached * pageSize), run.pgnos, run.checksums, run.frameSizes];
  for (const { buffer, byteOffset, byteLength } of outputs) {
    // In a memory of its own an output is no part of the one compared here.
    if (buffer === memory.buffer) before.set(memory.subarray(byteOffset, byteOffset + byteLength), byteOffset);
  }
  // The run's own register and index stand in the first bytes of its memory.
  if (run.frames.buffer === memory.buffer) before.set(memory.subarray(0, 1152));
  assert.ok(Buffer.from(before).equals(memory), 'a byte outside of the outputs has changed');
  const whole = run.pages.subarray(0, result.includes('invalid') ? (reached - 1) * pageSize : reached * pageSize);
  return { result, pages: Buffer.from(whole).toString('base64') };
}

it('decode agrees on both kernels about damaged frames and touches no byte outside of its outputs', () => {
  const runs = bothKernels.map((kernels) => kernels.openRun(pageSize, 4));
  const writer = bothKernels[1]!.openRun(pageSize, 3);
  const results = new Set<string>();
  const property = fc.property(damage, ({ page, edits }) => {
    for (let index = 0; index < 3; index++) {
      writer.pages.set(pages[(page + index) % pages.length]!, index * pageSize);
      writer.pgnos[index] = 3 + index * 5;
    }
    const { frameBytes } = writer.encode(3, 0n);
    const frames = apply(writer.frames.subarray(0, frameBytes), edits);
    const [reference, wasm] = runs.map((run) => decodeAmongCanaries(run, frames.subarray(0, run.frames.length)));
    assert.deepEqual(wasm, reference);
    results.add(reference!.result.replace(/\d+.*/, ''));
  });
  seededCheck(property, 2000);
  assert.ok(results.size >= 3, [...results].join(', '));
});

it('decode keeps to the last page at every length of literals and match near its end', () => {
  const runs = bothKernels.map((kernels) => kernels.openRun(pageSize, 1));
  for (let literals = 0; literals < 18; literals++) {
    for (let match = 4; match < 22; match++) {
      for (let tail = 0; tail < 20; tail++) {
        const block = endingBlock(literals, match, tail);
        const [reference, wasm] = runs.map((run) => decodeAmongCanaries(run, frameOf(block)));
        assert.equal(reference!.result.split(' ')[0], '1');
        assert.deepEqual(wasm, reference);
      }
    }
  }
});

/** A block of one page: a long run of literals, then literals and a match at offset 9, then a tail of literals. */
function endingBlock(literals: number, match: number, tail: number): Uint8Array {
  const first = pageSize - 8 - literals - match - tail;
  const code = Math.min(match - 4, 15);
  const text = (count: number): number[] => Array.from({ length: count }, (_, at) => 1 + (at % 90));
  const more = (count: number): number[] => {
    if (count < 15) return [];
    return count - 15 < 255 ? [count - 15] : [255, count - 15 - 255];
  };
  const token = (count: number, low: number): number => (Math.min(count, 15) << 4) | low;
  const matched = [9, 0, ...(code === 15 ? [match - 19] : [])];
  return Uint8Array.from([
    ...[token(first, 4), ...more(first), ...text(first), 9, 0],
    ...[token(literals, code), ...more(literals), ...text(literals), ...matched],
    ...[token(tail, 0), ...more(tail), ...text(tail)],
  ]);
}

function frameOf(block: Uint8Array): Uint8Array {
  const frame = new Uint8Array(10 + block.length);
  const header = new DataView(frame.buffer);
  header.setUint32(0, 1);
  header.setUint16(4, 1);
  header.setUint32(6, block.length);
  frame.set(block, 10);
  return frame;
}
