import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { KernelError } from '../../src/kernel/kernel-error.ts';
import type { Kernels } from '../../src/kernel/kernels.ts';
import { compressedLimit } from '../../src/kernel/limits.ts';
import { readStrictly } from './block-rules.ts';
import { bothKernels, describeKernels } from './every-kernels.ts';
import { pageSizes, samplePages } from './sample-pages.ts';
import { seededCheck } from './seeded-check.ts';

function compress(kernels: Kernels, source: Uint8Array): Uint8Array {
  const target = new Uint8Array(compressedLimit(source.length));
  const size = kernels.compressBlock(source, target);
  assert.ok(size > 0);
  return target.subarray(0, size);
}

function decompress(kernels: Kernels, block: Uint8Array, room: number): Uint8Array {
  const target = new Uint8Array(room);
  return target.subarray(0, kernels.decompressBlock(block, target));
}

const text =
  'the page, the frame, the page, the frame, the page and the very last frame of the page: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
// What the lz4 program 1.9 makes of the text, at its levels 1 and 9.
const foreignBlocks = [
  'a074686520706167652c200a00436672616d0b000f1500064120616e642d009276657279206c617374370031206f6617000039003f3a2061010022506161616161',
  'a074686520706167652c200a00436672616d0b000f1500064120616e640d009276657279206c617374220035206f6624003f3a2061010022506161616161',
];

describeKernels('compressBlock', (kernels) => {
  it('gives blocks that keep the end rules and read back, for every page size and kind of page', () => {
    for (const pageSize of pageSizes) {
      for (const page of samplePages(pageSize))
        assert.ok(Buffer.from(readStrictly(compress(kernels, page))).equals(page));
    }
  });

  it('gives valid blocks at every length up to 80', () => {
    for (let length = 0; length <= 80; length++) {
      for (const source of samplePages(length)) assert.deepEqual(readStrictly(compress(kernels, source)), source);
    }
  });

  it('makes a page of zeros small and noise hardly longer', () => {
    const [zeros, , noise] = samplePages(4096);
    assert.ok(compress(kernels, zeros!).length < 40);
    assert.ok(compress(kernels, noise!).length <= 4096 + 18);
  });

  it('gives 0 when the block does not fit, and leaves what stands after the target', () => {
    for (const page of samplePages(1024)) {
      const size = compress(kernels, page).length;
      const around = new Uint8Array(2048).fill(0xa5);
      assert.equal(kernels.compressBlock(page, around.subarray(100, 100 + size - 1)), 0);
      assert.equal(kernels.compressBlock(page, around.subarray(100, 100 + size)), size);
      assert.ok(around.subarray(0, 100).every((byte) => byte === 0xa5));
      assert.ok(around.subarray(100 + size).every((byte) => byte === 0xa5));
    }
  });

  it('refuses more than 65536 bytes', () => {
    assert.throws(() => kernels.compressBlock(new Uint8Array(65537), new Uint8Array(70000)), hasCode('input-invalid'));
  });
});

describeKernels('decompressBlock', (kernels) => {
  it('reads blocks of the lz4 program', () => {
    for (const hex of foreignBlocks) {
      assert.equal(Buffer.from(decompress(kernels, Buffer.from(hex, 'hex'), text.length)).toString(), text);
    }
  });

  it('reads its own blocks into a target of exactly their size and into a larger one', () => {
    for (const page of samplePages(512)) {
      const block = compress(kernels, page);
      assert.deepEqual(decompress(kernels, block, 512), page);
      assert.deepEqual(decompress(kernels, block, 700), page);
      assert.throws(() => decompress(kernels, block, 511), hasCode('block-invalid'));
    }
  });

  it('repeats any offset for any length', () => {
    for (let offset = 1; offset <= 40; offset++) {
      for (const length of [4, 5, 15, 16, 17, 18, 19, 33, 64, 100]) {
        const literals = Array.from({ length: offset }, (_, at) => at + 1);
        const block = [...sequence(literals, offset, length), 0x10, 99];
        const expected = [...literals];
        for (let count = 0; count < length; count++) expected.push(expected[expected.length - offset]!);
        expected.push(99);
        assert.deepEqual([...decompress(kernels, Uint8Array.from(block), expected.length)], expected);
      }
    }
  });

  const ones = (count: number): number[] => Array.from({ length: count }, () => 255);
  const invalidBlocks: readonly (readonly [string, readonly number[]])[] = [
    ['nothing at all', []],
    ['a literal run that is cut short', [0x30, 1, 2]],
    ['a literal length that is cut short', [0xf0, 255, 255]],
    ['an offset that is cut short', [0x10, 1, 1]],
    ['a match length that is cut short', [0x1f, 1, 1, 0, 255]],
    ['an end right after a match', [0x10, 1, 1, 0]],
    ['offset 0', [0x10, 1, 0, 0, 0x50, 1, 2, 3, 4, 5]],
    ['offset 0 well inside', [0x10, 1, 0, 0, ...Array.from({ length: 60 }, () => 0x10)]],
    ['an offset to before the start', [0x10, 1, 2, 0, 0x50, 1, 2, 3, 4, 5]],
    ['an offset of 65535 after one byte', [0x10, 1, 255, 255, ...Array.from({ length: 60 }, () => 0x10)]],
    ['a match without anything before it', [0x00, 1, 0, 0x50, 1, 2, 3, 4, 5]],
    ['literals of a length far beyond the room', [0xf0, ...ones(65_000), 0]],
    ['a match of a length far beyond the room', [0x1f, 1, 1, 0, ...ones(65_000), 0, 0x50, 1, 2, 3, 4, 5]],
    ['more bytes than any block of this size has', Array.from({ length: 65_810 }, () => 0)],
  ];
  for (const [title, bytes] of invalidBlocks) {
    it(`refuses ${title}`, () => {
      assert.throws(() => decompress(kernels, Uint8Array.from(bytes), 65_536), hasCode('block-invalid'));
    });
  }

  it('refuses every block that is cut short', () => {
    for (const page of samplePages(600)) {
      const block = compress(kernels, page);
      for (let length = 0; length < block.length; length++) {
        let size = 0;
        try {
          size = decompress(kernels, block.subarray(0, length), 600).length;
        } catch (error) {
          assert.ok(hasCode('block-invalid')(error));
        }
        assert.ok(size < 600, 'a part never passes for the whole');
      }
    }
  });

  it('refuses a target of more than 65536 bytes', () => {
    assert.throws(() => kernels.decompressBlock(new Uint8Array(9), new Uint8Array(65_537)), hasCode('input-invalid'));
  });
});

it('decompressBlock reads on either kernel what the other one compressed', () => {
  const source = fc.array(fc.tuple(fc.uint8Array({ maxLength: 9 }), fc.nat(40)), { maxLength: 200 });
  const property = fc.property(source, (parts) => {
    const bytes = Buffer.concat(parts.flatMap(([part, times]) => Array.from({ length: times }, () => part)));
    const page = bytes.subarray(0, 65_536);
    for (const writer of bothKernels) {
      const block = compress(writer, page);
      for (const reader of bothKernels) assert.ok(page.equals(decompress(reader, block, page.length)));
    }
  });
  seededCheck(property, 100);
});

/** One sequence of a block: literals and a match. */
function sequence(literals: readonly number[], offset: number, length: number): number[] {
  const code = length - 4;
  const token = (Math.min(literals.length, 15) << 4) | Math.min(code, 15);
  const more = (count: number): number[] => (count < 15 ? [] : [count - 15]);
  return [token, ...more(literals.length), ...literals, offset & 0xff, offset >> 8, ...more(code)];
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KernelError && error.code === code;
}
