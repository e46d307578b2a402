import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDatabaseHeader } from '../../../src/format/database/header.ts';
import { lockPgno, storedPageCount } from '../../../src/format/database/lock-page.ts';
import { isPageSize } from '../../../src/format/database/page-size.ts';

function databaseHeader(edit: (bytes: Buffer) => void = () => {}): Buffer {
  const bytes = Buffer.alloc(100);
  bytes.write('SQLite format 3\0', 0, 'latin1');
  bytes.writeUInt16BE(4096, 16);
  bytes.set([2, 2, 12], 18);
  bytes.writeUInt32BE(77, 24);
  bytes.writeUInt32BE(9, 28);
  bytes.writeUInt32BE(5, 36);
  bytes.writeUInt32BE(77, 92);
  edit(bytes);
  return bytes;
}

test('decodeDatabaseHeader reads what is in the first 100 bytes', () => {
  assert.deepEqual(decodeDatabaseHeader(databaseHeader()), {
    state: 'valid',
    header: { pageSizeBytes: 4096, isWal: true, reservedBytes: 12, changeCounter: 77, pageCount: 9, freePageCount: 5 },
  });
  const other = decodeDatabaseHeader(databaseHeader((bytes) => bytes.set([0, 1, 1, 1], 16)));
  assert.equal(other.state, 'valid');
  assert.equal(other.header.pageSizeBytes, 65536);
  assert.equal(other.header.isWal, false);
});

test('decodeDatabaseHeader leaves out a page count that is stale', () => {
  for (const [value, offset] of [
    [78, 92],
    [0, 28],
  ] as const) {
    const decoded = decodeDatabaseHeader(databaseHeader((bytes) => bytes.writeUInt32BE(value, offset)));
    assert.equal(decoded.state, 'valid');
    assert.equal(decoded.header.pageCount, undefined);
  }
});

test('decodeDatabaseHeader tells no database yet from something else', () => {
  assert.equal(decodeDatabaseHeader(new Uint8Array(0)).state, 'empty');
  for (const bytes of [
    Buffer.alloc(100),
    databaseHeader().subarray(0, 99),
    databaseHeader((header) => header.set([0x74], 15)),
    databaseHeader((header) => header.writeUInt16BE(4000, 16)),
    databaseHeader((header) => header.writeUInt16BE(256, 16)),
  ]) {
    assert.equal(decodeDatabaseHeader(bytes).state, 'not-a-database');
  }
});

test('lockPgno is the page that holds byte 0x40000000', () => {
  assert.equal(lockPgno(4096), 262145);
  for (let size = 512; size <= 65536; size *= 2) {
    const page = lockPgno(size);
    assert.ok((page - 1) * size <= 0x4000_0000 && 0x4000_0000 < page * size);
    assert.equal(storedPageCount(page - 1, size), page - 1);
    assert.equal(storedPageCount(page, size), page - 1);
    assert.equal(storedPageCount(page + 1, size), page);
  }
});

test('isPageSize knows eight sizes', () => {
  const sizes = Array.from({ length: 140_000 }, (_, size) => size).filter(isPageSize);
  assert.deepEqual(sizes, [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]);
  for (const size of [Number.NaN, 512.5, -512, 2 ** 33]) assert.equal(isPageSize(size), false);
});
