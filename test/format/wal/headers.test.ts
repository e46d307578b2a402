import assert from 'node:assert/strict';
import { endianness } from 'node:os';
import { test } from 'node:test';
import { findLastCommit, walOffsetAfter } from '../../../src/format/wal/frame-header.ts';
import { decodeWalHeader } from '../../../src/format/wal/header.ts';
import { decodeWalIndexHeader } from '../../../src/format/wal/wal-index-header.ts';
import { referenceKernels as kernels } from '../../../src/kernel/reference/reference-kernels.ts';

const order = endianness() === 'LE' ? 'little' : 'big';

function walHeader(magic: number, version = 3_007_000, pageSizeBytes = 4096): Buffer {
  const bytes = Buffer.alloc(32);
  for (const [i, word] of [magic, version, pageSizeBytes, 7, 0xdead_beef, 0x0102_0304].entries()) {
    bytes.writeUInt32BE(word, i * 4);
  }
  const checksum = kernels.walChecksum({ s1: 0, s2: 0 }, bytes.subarray(0, 24), magic % 2 === 0 ? 'little' : 'big');
  bytes.writeUInt32BE(checksum.s1, 24);
  bytes.writeUInt32BE(checksum.s2, 28);
  return bytes;
}

/** A WAL-index as SQLite on this machine would write it, with `edit` applied before it is sealed. */
function walIndex(edit: (view: DataView) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(136);
  const view = new DataView(bytes.buffer);
  const set = (offset: number, value: number) => view.setUint32(offset, value, order === 'little');
  set(0, 3_007_000);
  bytes[12] = 1;
  view.setUint16(14, 4096, order === 'little');
  set(16, 5);
  set(20, 3);
  edit(view);
  const { s1, s2 } = kernels.walChecksum({ s1: 0, s2: 0 }, bytes.subarray(0, 40), order);
  set(40, s1);
  set(44, s2);
  bytes.copyWithin(48, 0, 48);
  return bytes;
}

function stateOf(bytes: Uint8Array): string {
  return decodeWalIndexHeader(bytes).state;
}

test('decodeWalHeader reads both byte orders', () => {
  for (const [magic, byteOrder] of [
    [0x377f0682, 'little'],
    [0x377f0683, 'big'],
  ] as const) {
    const decoded = decodeWalHeader(walHeader(magic), { kernels });
    assert.equal(decoded.state, 'valid');
    const { byteOrder: read, salt1, salt2, checkpointSequence, pageSizeBytes, salts } = decoded.header;
    assert.deepEqual(
      [read, salt1, salt2, checkpointSequence, pageSizeBytes],
      [byteOrder, 0xdead_beef, 0x0102_0304, 7, 4096],
    );
    assert.equal(Buffer.from(salts).toString('hex'), 'deadbeef01020304');
  }
});

test('decodeWalHeader takes nothing for valid that SQLite would not', () => {
  assert.equal(decodeWalHeader(new Uint8Array(0), { kernels }).state, 'empty');
  assert.equal(decodeWalHeader(walHeader(0x377f0682).subarray(0, 31), { kernels }).state, 'empty');
  const wrong = [
    walHeader(0x377f0684),
    walHeader(0x377f0682, 3_007_001),
    walHeader(0x377f0682, 3_007_000, 4095),
    Buffer.alloc(32),
  ];
  for (const bytes of wrong) assert.equal(decodeWalHeader(bytes, { kernels }).state, 'invalid');
  const good = walHeader(0x377f0683);
  for (let i = 0; i < 32; i++) {
    const bytes = Uint8Array.from(good);
    bytes[i]! ^= 0x40;
    assert.equal(decodeWalHeader(bytes, { kernels }).state, 'invalid', `byte ${i}`);
  }
});

test('decodeWalIndexHeader is torn when a byte of either copy differs, and when the same byte of both does', () => {
  const good = walIndex();
  assert.equal(stateOf(good), 'valid');
  for (let i = 0; i < 48; i++) {
    for (const offsets of [[i], [i + 48], [i, i + 48]]) {
      const bytes = Uint8Array.from(good);
      for (const offset of offsets) bytes[offset]! ^= 0x10;
      assert.equal(stateOf(bytes), 'torn', `bytes ${offsets}`);
    }
  }
});

test('decodeWalIndexHeader tells an index that is not there yet from one it does not know', () => {
  assert.equal(stateOf(new Uint8Array(0)), 'uninitialised');
  assert.equal(stateOf(new Uint8Array(136)), 'uninitialised');
  assert.equal(stateOf(walIndex((view) => view.setUint8(12, 0))), 'uninitialised');
  assert.equal(stateOf(walIndex().subarray(0, 135)), 'uninitialised');
  assert.equal(stateOf(walIndex((view) => view.setUint32(0, 3_007_001, order === 'little'))), 'unsupported');
  assert.equal(stateOf(walIndex((view) => view.setUint16(14, 4095, order === 'little'))), 'unsupported');
});

test('decodeWalIndexHeader reads a page size of 1 or 0 as 65536', () => {
  for (const [stored, expected] of [
    [0, 65536],
    [1, 65536],
    [512, 512],
    [32768, 32768],
  ] as const) {
    const decoded = decodeWalIndexHeader(walIndex((view) => view.setUint16(14, stored, order === 'little')));
    assert.equal(decoded.state, 'valid');
    assert.equal(decoded.header.pageSizeBytes, expected);
  }
});

test('decodeWalIndexHeader gives salts that stay when its input is read over', () => {
  const bytes = walIndex((view) => view.setUint32(32, 0xaabb_ccdd));
  const decoded = decodeWalIndexHeader(bytes);
  bytes.fill(0);
  assert.equal(decoded.state, 'valid');
  assert.equal(Buffer.from(decoded.header.salts).toString('hex'), 'aabbccdd00000000');
  assert.equal(decoded.header.salt1, 0xaabb_ccdd);
});

test('findLastCommit looks from the end and only as far as told', () => {
  const frames = new Uint8Array(4 * (24 + 512));
  const view = new DataView(frames.buffer);
  assert.equal(findLastCommit(frames, 512, 4), undefined);
  view.setUint32(1 * 536 + 4, 8);
  view.setUint32(3 * 536 + 4, 9);
  assert.deepEqual(findLastCommit(frames, 512, 4), { frameCount: 4, commit: 9 });
  assert.deepEqual(findLastCommit(frames, 512, 3), { frameCount: 2, commit: 8 });
  assert.equal(findLastCommit(frames, 512, 1), undefined);
  assert.equal(walOffsetAfter(3, 512), 32 + 3 * 536);
});
