import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unknownChecksum } from '../../../src/format/ltx/checksum.ts';
import { encodeLtxHeader } from '../../../src/format/ltx/header.ts';
import { decodeLz4Frame, lz4FrameSize } from '../../../src/format/ltx/lz4-frame.ts';
import { decodePageFrames } from '../../../src/format/ltx/page-frames.ts';
import { referenceKernels as kernels } from '../../../src/kernel/reference/reference-kernels.ts';
import { expectLtxError } from '../../support/expect-ltx-error.ts';
import { decodeLtxFile, encodeLtxFile, ltxHeader } from '../../support/ltx-file-spec.ts';
import { assembleLtxFile, blockFrame, lz4FrameFrame } from '../../support/raw-ltx-file.ts';
import { testPage } from '../../support/test-pages.ts';

const blockChecksum = 0x10;
const contentSize = 0x08;
const contentChecksum = 0x04;

/** An LZ4 frame around `page`, in `parts` blocks; a block that does not shrink is stored. */
function lz4Frame(page: Uint8Array, { flags = contentChecksum, parts = 1 } = {}): Uint8Array {
  const pieces = [Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60 | flags, 0x40])];
  if ((flags & contentSize) !== 0) pieces.push(Buffer.alloc(8, 1));
  pieces.push(Buffer.alloc(1));
  const partBytes = page.length / parts;
  for (let part = 0; part < parts; part++) {
    const content = page.subarray(part * partBytes, (part + 1) * partBytes);
    const target = new Uint8Array(content.length - 1);
    const size = kernels.compressBlock(content, target);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(size === 0 ? (content.length | 0x8000_0000) >>> 0 : size);
    pieces.push(head, Buffer.from(size === 0 ? content : target.subarray(0, size)));
    if ((flags & blockChecksum) !== 0) pieces.push(Buffer.alloc(4, 2));
  }
  pieces.push(Buffer.alloc(4));
  if ((flags & contentChecksum) !== 0) pieces.push(Buffer.alloc(4, 3));
  return Buffer.concat(pieces);
}

test('decodeLz4Frame reads stored and compressed blocks under every flag, and lz4FrameSize finds their end', () => {
  for (const seed of [1, 2, 3, 4]) {
    for (const flags of [
      0,
      blockChecksum,
      contentSize,
      contentChecksum,
      blockChecksum | contentSize | contentChecksum,
    ]) {
      for (const parts of [1, 4]) {
        const page = testPage(4096, seed);
        const frame = lz4Frame(page, { flags, parts });
        const target = new Uint8Array(4096);
        decodeLz4Frame(frame, target, { kernels });
        assert.deepEqual(target, page);
        assert.equal(lz4FrameSize(Buffer.concat([frame, Buffer.alloc(20, 0xff)]), 5000), frame.length);
        for (let length = 0; length < frame.length; length += 13) {
          assert.equal(lz4FrameSize(frame.subarray(0, length), 5000), undefined);
          expectLtxError('frame-invalid', () => decodeLz4Frame(frame.subarray(0, length), target, { kernels }));
        }
      }
    }
  }
});

test('decodeLz4Frame refuses a frame that gives less or more than a page, or is followed by more', () => {
  const frame = lz4Frame(testPage(1024, 2));
  for (const size of [512, 1023, 1025, 2048]) {
    assert.throws(() => decodeLz4Frame(frame, new Uint8Array(size), { kernels }), /^(LtxError|KernelError): /);
  }
  const longer = Buffer.concat([frame, Buffer.alloc(1)]);
  expectLtxError('frame-invalid', () => decodeLz4Frame(longer, new Uint8Array(1024), { kernels }));
});

test('lz4FrameSize refuses a block longer than a page and flags it does not know', () => {
  for (const hex of [
    '04224d186440a7ffffff7f00000000',
    '04224d186440a7ffffffff00000000',
    '04224d18a440',
    '04224d186540',
    '04224d196440',
  ]) {
    expectLtxError('frame-invalid', () => lz4FrameSize(Buffer.from(hex, 'hex'), 4200));
  }
  const manyEmptyBlocks = Buffer.concat([
    Buffer.from('04224d186440a7', 'hex'),
    Buffer.alloc(8000, Buffer.of(0, 0, 0, 0x80)),
  ]);
  expectLtxError('frame-invalid', () => lz4FrameSize(manyEmptyBlocks, 4200));
});

test('LtxDecoder reads older files, whose pages are LZ4 frames, also mixed with blocks', () => {
  for (const pageSizeBytes of [512, 4096, 65536]) {
    const header = encodeLtxHeader({
      ...ltxHeader({ pageSizeBytes, commit: 8 }),
      noChecksum: true,
      preApplyChecksum: unknownChecksum,
    });
    const frames = [1, 2, 3, 4, 5, 6, 7, 8].map((pgno) => {
      const page = testPage(pageSizeBytes, pgno);
      return pgno === 4 ? blockFrame(pgno, page) : lz4FrameFrame(pgno, page, lz4Frame(page));
    });
    const bytes = assembleLtxFile({ header, frames });
    for (const chunkBytes of [pageSizeBytes === 65536 ? 999 : 1, 100, 1_000_000]) {
      const { pages, index } = decodeLtxFile(bytes, kernels, { chunkBytes });
      for (const [pgno, page] of pages) assert.deepEqual(page, testPage(pageSizeBytes, pgno));
      assert.equal(pages.size, 8);
      assert.deepEqual(
        [...index.sizes],
        frames.map((frame) => frame.bytes.length),
      );
    }
    assert.deepEqual(decodeLtxFile(encodeLtxFile(decodeLtxFile(bytes))).pages, decodeLtxFile(bytes).pages);
  }
});

test('decodePageFrames decodes a range of frames of both kinds with their page checksums', () => {
  const page = testPage(512, 2);
  const frames = [lz4FrameFrame(7, page, lz4Frame(page)), blockFrame(9, page)];
  const run = kernels.openRun(512, 3);
  const bytes = Buffer.concat(frames.map((frame) => frame.bytes));
  run.frames.set(bytes);
  const { pageCount, register } = decodePageFrames(run, bytes.length, 5n, { kernels });
  assert.equal(pageCount, 2);
  assert.deepEqual([...run.pgnos.subarray(0, 2)], [7, 9]);
  assert.deepEqual(
    [...run.frameSizes.subarray(0, 2)],
    frames.map((frame) => frame.bytes.length),
  );
  assert.equal(register, kernels.crc64(5n, Buffer.concat(frames.map((frame) => frame.hashed))));
  assert.deepEqual(run.pages.slice(512, 1024), page);
  const checksum = run.checksums[1];
  run.frames.set(frames[1]!.bytes);
  decodePageFrames(run, frames[1]!.bytes.length, 0n, { kernels });
  assert.equal(run.checksums[0], checksum);
});

test('decodePageFrames refuses what is cut short, damaged, or more than the run has room for', () => {
  const page = testPage(512, 4);
  for (const frame of [blockFrame(1, page), lz4FrameFrame(1, page, lz4Frame(page))]) {
    const run = kernels.openRun(512, 2);
    for (let length = 1; length < frame.bytes.length; length++) {
      run.frames.set(frame.bytes);
      expectLtxError('frame-invalid', () => decodePageFrames(run, length, 0n, { kernels }));
    }
    run.frames.set(Buffer.concat([frame.bytes, frame.bytes, frame.bytes]));
    expectLtxError('frame-invalid', () => decodePageFrames(run, 3 * frame.bytes.length, 0n, { kernels }));
    run.frames.set(frame.bytes.map((byte, i) => (i < 4 ? 0 : byte)));
    expectLtxError('frame-invalid', () => decodePageFrames(run, frame.bytes.length, 0n, { kernels }));
  }
});
