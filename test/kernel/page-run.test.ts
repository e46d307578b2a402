import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { KernelError } from '../../src/kernel/kernel-error.ts';
import type { Kernels, PageRun } from '../../src/kernel/kernels.ts';
import { readStrictly } from './block-rules.ts';
import { bothKernels, describeKernels } from './every-kernels.ts';
import { incompressible, pageSizes, samplePages } from './sample-pages.ts';
import { seededCheck } from './seeded-check.ts';

const allOnes = 0xffff_ffff_ffff_ffffn;
const checksumFlag = 1n << 63n;

/** A run filled with one page of every kind and page numbers of every width. */
function filledRun(kernels: Kernels, pageSize: number): { run: PageRun; pages: Uint8Array; pageCount: number } {
  const pages = samplePages(pageSize);
  const run = kernels.openRun(pageSize, pages.length);
  for (const [index, page] of pages.entries()) {
    run.pages.set(page, index * pageSize);
    run.pgnos[index] = index % 2 === 0 ? index + 1 : 0xffff_fff0 + (index % 16);
  }
  return { run, pages: run.pages.slice(), pageCount: pages.length };
}

/** The checksum of a page by the scalar kernel, whose own suite holds it to the definition. */
function pageChecksum(kernels: Kernels, pgno: number, page: Uint8Array): bigint {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(pgno);
  return (kernels.crc64(kernels.crc64(allOnes, prefix), page) ^ allOnes) | checksumFlag;
}

describeKernels('PageRun', (kernels) => {
  for (const pageSize of pageSizes) {
    it(`encode gives frames, sizes, checksums and the register, pages of ${pageSize}`, () => {
      const { run, pages, pageCount } = filledRun(kernels, pageSize);
      const start = 0x0fed_cba9_8765_4321n;
      const { frameBytes, register } = run.encode(pageCount, start);
      const view = Buffer.from(run.frames.buffer, run.frames.byteOffset, run.frames.byteLength);
      let at = 0;
      let expected = start;
      for (let index = 0; index < pageCount; index++) {
        const page = pages.subarray(index * pageSize, (index + 1) * pageSize);
        const frameSize = run.frameSizes[index]!;
        assert.equal(view.readUInt32BE(at), run.pgnos[index]);
        assert.equal(view.readUInt16BE(at + 4), 1);
        assert.equal(view.readUInt32BE(at + 6), frameSize - 10);
        assert.ok(Buffer.from(readStrictly(run.frames.subarray(at + 10, at + frameSize))).equals(page));
        assert.equal(run.checksums[index], pageChecksum(kernels, run.pgnos[index]!, page));
        expected = kernels.crc64(kernels.crc64(expected, run.frames.subarray(at, at + 10)), page);
        at += frameSize;
      }
      assert.equal(frameBytes, at);
      assert.equal(register, expected);
      assert.ok(Buffer.from(run.pages).equals(pages), 'the pages stay as they are');
    });

    it(`decode gives back what encode took, pages of ${pageSize}`, () => {
      const { run, pages, pageCount } = filledRun(kernels, pageSize);
      const pgnos = run.pgnos.slice();
      const { frameBytes, register } = run.encode(pageCount, 5n);
      const [frameSizes, checksums] = [run.frameSizes.slice(), run.checksums.slice()];
      run.pages.fill(1);
      for (const output of [run.pgnos, run.frameSizes]) output.fill(1);
      run.checksums.fill(1n);
      const hashedBytes = pageCount * (10 + pageSize);
      assert.deepEqual(run.decode(frameBytes, 5n), { pageCount, register, hashedBytes });
      assert.ok(Buffer.from(run.pages).equals(pages));
      assert.deepEqual([run.pgnos, run.frameSizes, run.checksums], [pgnos, frameSizes, checksums]);
    });

    it(`checksum gives the checksum of every page, pages of ${pageSize}`, () => {
      const { run, pages, pageCount } = filledRun(kernels, pageSize);
      run.checksum(pageCount - 1);
      const expected = Array.from({ length: pageCount }, (_, index) =>
        pageChecksum(kernels, run.pgnos[index]!, pages.subarray(index * pageSize, (index + 1) * pageSize)),
      );
      assert.deepEqual([...run.checksums], [...expected.slice(0, -1), 0n]);
    });

    it(`frames have room for nothing but noise, pages of ${pageSize}`, () => {
      const run = kernels.openRun(pageSize, 3);
      run.pages.set(incompressible(3 * pageSize));
      run.pgnos.set([1, 2, 3]);
      const { frameBytes } = run.encode(3, 0n);
      assert.ok(frameBytes > 3 * pageSize && frameBytes <= run.frames.length);
    });
  }

  it('does nothing for no pages and no frames', () => {
    const run = kernels.openRun(512, 1);
    run.checksum(0);
    assert.deepEqual(run.encode(0, 3n), { frameBytes: 0, register: 3n });
    assert.deepEqual(run.decode(0, 3n), { pageCount: 0, register: 3n, hashedBytes: 0 });
  });

  it('keeps its workspaces apart', () => {
    const [first, second] = [kernels.openRun(512, 1), kernels.openRun(512, 1)];
    first.pages.fill(1);
    assert.ok(second.pages.every((byte) => byte === 0));
  });

  it('refuses more pages or bytes than there is room for', () => {
    const run = kernels.openRun(512, 2);
    for (const count of [3, -1, 0.5, Number.NaN, 2 ** 32]) {
      assert.throws(() => run.checksum(count), hasCode('run-too-long'));
      assert.throws(() => run.encode(count, 0n), hasCode('run-too-long'));
      assert.throws(() => run.decode(count > 2 ? run.frames.length + 1 : count, 0n), hasCode('run-too-long'));
    }
    const longer = kernels.openRun(512, 3);
    longer.pgnos.set([1, 2, 3]);
    const { frameBytes } = longer.encode(3, 0n);
    run.frames.set(longer.frames.subarray(0, frameBytes));
    assert.throws(() => run.decode(frameBytes, 0n), hasCode('run-too-long'));
  });

  it('refuses unknown page sizes and capacities', () => {
    for (const pageSize of [0, 256, 511, 768, 131_072, -512, 512.5, Number.NaN]) {
      assert.throws(() => kernels.openRun(pageSize, 1), hasCode('input-invalid'));
    }
    for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
      assert.throws(() => kernels.openRun(4096, capacity), hasCode('run-too-long'));
    }
  });

  const badHeaders: readonly (readonly [string, string, (frame: Uint8Array) => void])[] = [
    ['page number 0', 'frame-invalid', (frame) => frame.fill(0, 0, 4)],
    ['an end of block', 'frame-invalid', (frame) => frame.fill(0, 0, 6)],
    ['no flags', 'frame-invalid', (frame) => frame.fill(0, 5, 6)],
    ['unknown flags', 'frame-invalid', (frame) => frame.fill(3, 5, 6)],
    ['flags in the wrong byte order', 'frame-invalid', (frame) => frame.set([1, 0], 4)],
    ['a block longer than any', 'block-invalid', (frame) => frame.fill(255, 6, 10)],
    ['a block longer than what is left', 'frame-invalid', (frame) => frame.set([0, 0, 2, 0], 6)],
    ['an empty block', 'block-invalid', (frame) => frame.fill(0, 6, 10)],
  ];
  for (const [title, code, change] of badHeaders) {
    it(`decode refuses a frame with ${title}`, () => {
      const run = kernels.openRun(512, 2);
      run.pgnos.set([1, 2]);
      const { frameBytes } = run.encode(2, 0n);
      change(run.frames.subarray(run.frameSizes[0]!));
      assert.throws(() => run.decode(frameBytes, 0n), hasCode(code));
    });
  }

  it('decode refuses frames that are cut short anywhere', () => {
    const run = kernels.openRun(512, 2);
    run.pgnos.set([1, 2]);
    const { frameBytes } = run.encode(2, 0n);
    const ends = new Set([0, run.frameSizes[0]!, frameBytes]);
    for (let length = 0; length <= frameBytes; length++) {
      if (ends.has(length)) run.decode(length, 0n);
      else assert.throws(() => run.decode(length, 0n), hasCode('frame-invalid'));
    }
  });

  it('decode refuses pages of another size', () => {
    const [small, large] = [kernels.openRun(512, 4), kernels.openRun(1024, 4)];
    for (const [from, to] of [
      [small, large],
      [large, small],
    ] as const) {
      from.pgnos.set([1]);
      const { frameBytes } = from.encode(1, 0n);
      to.frames.set(from.frames.subarray(0, frameBytes));
      assert.throws(() => to.decode(frameBytes, 0n), hasCode('block-invalid'));
    }
  });
});

it('PageRun decodes on either kernel what the other one encoded, with the same register and checksums', () => {
  const pages = samplePages(2048);
  const runs = bothKernels.map((kernels) => kernels.openRun(2048, 5));
  const choice = fc.array(fc.tuple(fc.nat(pages.length - 1), fc.integer({ min: 1, max: 0xffff_ffff })), {
    maxLength: 5,
  });
  const property = fc.property(choice, fc.bigInt({ min: 0n, max: allOnes }), (chosen, register) => {
    for (const [writer, reader] of [runs, runs.toReversed()]) {
      for (const [index, [page, pgno]] of chosen.entries()) {
        writer!.pages.set(pages[page]!, index * 2048);
        writer!.pgnos[index] = pgno;
      }
      const encoded = writer!.encode(chosen.length, register);
      reader!.frames.set(writer!.frames.subarray(0, encoded.frameBytes));
      reader!.pages.fill(0);
      const decoded = reader!.decode(encoded.frameBytes, register);
      assert.equal(decoded.pageCount, chosen.length);
      const used = (run: PageRun) => [
        Buffer.from(run.pages.subarray(0, chosen.length * 2048)).toString('base64'),
        ...[run.pgnos, run.frameSizes, run.checksums].map((output) => [...output.subarray(0, chosen.length)]),
      ];
      assert.deepEqual(used(reader!), used(writer!));
    }
  });
  seededCheck(property, 60);
});

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KernelError && error.code === code;
}
