import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { KernelError } from '../../src/kernel/kernel-error.ts';
import type { Kernels, WalByteOrder, WalChecksum } from '../../src/kernel/kernels.ts';
import { bothKernels, describeKernels } from './every-kernels.ts';
import { countRecoveredRows, writeRealWal } from './real-wal.ts';
import { incompressible } from './sample-pages.ts';
import { seededCheck } from './seeded-check.ts';

const zero: WalChecksum = { s1: 0, s2: 0 };
const headerBytes = 32;
// Enough frames for several chunks of scratch memory at each size.
const wals = [512, 4096, 65536].map((pageSize) => ({
  pageSize,
  ...writeRealWal(pageSize, pageSize === 512 ? 400 : 30),
}));

function words(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Verifies all frames of a WAL, as a reader does that trusts only the header's salts. */
function verifyWal(kernels: Kernels, wal: Uint8Array, pageSize: number) {
  const order: WalByteOrder = (words(wal).getUint32(0) & 1) === 1 ? 'big' : 'little';
  const seed = kernels.walChecksum(zero, wal.subarray(0, 24), order);
  return kernels.verifyFrames(wal.subarray(headerBytes), pageSize, wal.subarray(16, 24), seed, order);
}

/** The same WAL as a machine of the other byte order would have written it. */
function asBigEndian(kernels: Kernels, wal: Uint8Array, pageSize: number): Uint8Array {
  const copy = Uint8Array.from(wal);
  const put = (at: number, checksum: WalChecksum): void => {
    words(copy).setUint32(at, checksum.s1);
    words(copy).setUint32(at + 4, checksum.s2);
  };
  words(copy).setUint32(0, 0x377f_0683);
  let running = kernels.walChecksum(zero, copy.subarray(0, 24), 'big');
  put(24, running);
  for (let at = headerBytes; at < copy.length; at += 24 + pageSize) {
    running = kernels.walChecksum(running, copy.subarray(at, at + 8), 'big');
    running = kernels.walChecksum(running, copy.subarray(at + 24, at + 24 + pageSize), 'big');
    put(at + 16, running);
  }
  return copy;
}

describeKernels('walChecksum', (kernels) => {
  it('adds pairs of words in either byte order', () => {
    const bytes = Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4);
    assert.deepEqual(kernels.walChecksum(zero, bytes, 'little'), { s1: 0x0300_0004, s2: 0x0700_0007 });
    assert.deepEqual(kernels.walChecksum({ s1: 1, s2: 0xffff_ffff }, bytes.subarray(8), 'big'), { s1: 3, s2: 6 });
  });

  it('refuses bytes that are not whole pairs of words', () => {
    assert.throws(() => kernels.walChecksum(zero, new Uint8Array(12), 'big'), isInputInvalid);
  });

  it('gives the checksum in the header of a WAL that SQLite wrote', () => {
    for (const { wal } of wals) {
      const { s1, s2 } = kernels.walChecksum(zero, wal.subarray(0, 24), 'little');
      assert.deepEqual([s1, s2], [words(wal).getUint32(24), words(wal).getUint32(28)]);
    }
  });
});

describeKernels('verifyFrames', (kernels) => {
  for (const { pageSize, wal } of wals) {
    const frameSize = 24 + pageSize;
    const frameCount = (wal.length - headerBytes) / frameSize;

    it(`accepts all frames that SQLite wrote with pages of ${pageSize}`, () => {
      assert.ok(frameCount > 25 && Number.isInteger(frameCount));
      const { frames, checksum } = verifyWal(kernels, wal, pageSize);
      assert.equal(frames, frameCount);
      const last = wal.length - frameSize;
      assert.deepEqual(checksum, { s1: words(wal).getUint32(last + 16), s2: words(wal).getUint32(last + 20) });
    });

    it(`ignores a frame that is cut short, pages of ${pageSize}`, () => {
      assert.equal(verifyWal(kernels, wal.subarray(0, wal.length - 1), pageSize).frames, frameCount - 1);
      assert.equal(verifyWal(kernels, wal.subarray(0, headerBytes + 23), pageSize).frames, 0);
    });

    it(`stops at the frame with a damaged byte, pages of ${pageSize}`, () => {
      const bit = fc.integer({ min: 0, max: 7 });
      const property = fc.property(fc.integer({ min: headerBytes, max: wal.length - 1 }), bit, (at, flipped) => {
        wal[at]! ^= 1 << flipped;
        const { frames, checksum } = verifyWal(kernels, wal, pageSize);
        wal[at]! ^= 1 << flipped;
        const expected = Math.floor((at - headerBytes) / frameSize);
        assert.equal(frames, expected);
        const before = verifyWal(kernels, wal.subarray(0, headerBytes + expected * frameSize), pageSize);
        assert.deepEqual(checksum, before.checksum);
      });
      seededCheck(property, 40);
    });
  }

  it('verifies a WAL in the other byte order, and SQLite recovers the same', () => {
    for (const { pageSize, wal, database } of wals) {
      const other = asBigEndian(kernels, wal, pageSize);
      assert.equal(verifyWal(kernels, other, pageSize).frames, (wal.length - headerBytes) / (24 + pageSize));
      assert.equal(countRecoveredRows(database, other), countRecoveredRows(database, wal));
      assert.notDeepEqual(other.subarray(24, 32), wal.subarray(24, 32));
    }
  });

  it('stops at a frame of other salts although its checksum is right', () => {
    const { wal } = wals[1]!;
    const seed = kernels.walChecksum(zero, wal.subarray(0, 24), 'little');
    const others = Uint8Array.from(wal.subarray(16, 24), (byte) => byte ^ 1);
    assert.equal(kernels.verifyFrames(wal.subarray(headerBytes), 4096, others, seed, 'little').frames, 0);
  });

  it('stops at a frame of page 0, which SQLite never writes', () => {
    // All zero: zero sums and a zero checksum would otherwise agree.
    assert.equal(kernels.verifyFrames(new Uint8Array(536 * 3), 512, new Uint8Array(8), zero, 'big').frames, 0);
  });

  it('refuses unknown page sizes and salts of another length', () => {
    for (const pageSize of [0, 511, 1000, 131_072, Number.NaN]) {
      assert.throws(
        () => kernels.verifyFrames(new Uint8Array(9), pageSize, new Uint8Array(8), zero, 'big'),
        isInputInvalid,
      );
    }
    assert.throws(() => kernels.verifyFrames(new Uint8Array(9), 512, new Uint8Array(7), zero, 'big'), isInputInvalid);
  });
});

it('walChecksum gives the same on both kernels for random sums and bytes', () => {
  const sum = fc.integer({ min: 0, max: 0xffff_ffff });
  const property = fc.property(
    sum,
    sum,
    fc.nat(200),
    fc.constantFrom('big' as const, 'little' as const),
    (s1, s2, pairs, order) => {
      const bytes = incompressible(pairs * 8, String(s1));
      const [reference, wasm] = bothKernels.map((kernels) => kernels.walChecksum({ s1, s2 }, bytes, order));
      assert.deepEqual(wasm, reference);
    },
  );
  seededCheck(property, 200);
});

function isInputInvalid(error: unknown): boolean {
  return error instanceof KernelError && error.code === 'input-invalid';
}
