import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeDatabaseHeader } from '../../../src/format/database/header.ts';
import {
  decodeWalFrameHeader,
  findLastCommit,
  walFrameBytes,
  walOffsetAfter,
} from '../../../src/format/wal/frame-header.ts';
import { decodeWalHeader, type WalHeader } from '../../../src/format/wal/header.ts';
import { sameSalts } from '../../../src/format/wal/salts.ts';
import { decodeWalIndexHeader, type WalIndexHeader } from '../../../src/format/wal/wal-index-header.ts';
import { referenceKernels as kernels } from '../../../src/kernel/reference/reference-kernels.ts';
import { SqliteProcess } from '../../support/sqlite-process.ts';

let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'format-wal-'));
});

after(() => rmSync(folder, { recursive: true }));

function readWalHeader(path: string): WalHeader {
  const decoded = decodeWalHeader(readFileSync(`${path}-wal`), { kernels });
  assert.equal(decoded.state, 'valid');
  return decoded.header;
}

function readIndex(path: string): WalIndexHeader {
  const decoded = decodeWalIndexHeader(readFileSync(`${path}-shm`).subarray(0, 136));
  assert.equal(decoded.state, 'valid');
  return decoded.header;
}

for (const pageSizeBytes of [512, 4096, 65536]) {
  test(`the WAL codecs agree with SQLite on a live database of ${pageSizeBytes}-byte pages`, async () => {
    const path = join(folder, `live-${pageSizeBytes}.db`);
    await using application = new SqliteProcess(path);
    await application.run(
      `PRAGMA page_size=${pageSizeBytes}`,
      'PRAGMA journal_mode=WAL',
      'PRAGMA wal_autocheckpoint=0',
      'CREATE TABLE t(x)',
      'INSERT INTO t VALUES (zeroblob(200000))',
    );
    const wal = readFileSync(`${path}-wal`);
    const header = readWalHeader(path);
    assert.equal(header.pageSizeBytes, pageSizeBytes);
    const index = readIndex(path);
    assert.equal(index.pageSizeBytes, pageSizeBytes);
    assert.equal(index.byteOrder, header.byteOrder);
    assert.ok(sameSalts(index, header));
    assert.deepEqual(index.salts, new Uint8Array(wal.subarray(16, 24)));
    assert.equal(index.nBackfill, 0);
    assert.equal(index.readMarks.length, 5);
    assert.equal(index.readMarks[0], 0);

    const frames = wal.subarray(walOffsetAfter(0, pageSizeBytes), walOffsetAfter(index.mxFrame, pageSizeBytes));
    const verified = kernels.verifyFrames(frames, pageSizeBytes, header.salts, header.checksum, header.byteOrder);
    assert.equal(verified.frames, index.mxFrame);
    assert.deepEqual(verified.checksum, index.frameChecksum);
    assert.deepEqual(findLastCommit(frames, pageSizeBytes, index.mxFrame), {
      frameCount: index.mxFrame,
      commit: index.pageCount,
    });
    const last = decodeWalFrameHeader(frames, (index.mxFrame - 1) * walFrameBytes(pageSizeBytes));
    assert.equal(last.commit, index.pageCount);
    assert.deepEqual(last.checksum, index.frameChecksum);
    assert.ok(sameSalts(last, header));

    await application.run('PRAGMA wal_checkpoint(PASSIVE)');
    const copied = readIndex(path);
    assert.equal(copied.nBackfill, copied.mxFrame);
    const database = decodeDatabaseHeader(readFileSync(path));
    assert.equal(database.state, 'valid');
    const { isWal, pageCount } = database.header;
    assert.deepEqual(
      { isWal, pageCount, size: database.header.pageSizeBytes },
      { isWal: true, pageCount: index.pageCount, size: pageSizeBytes },
    );

    await application.run('INSERT INTO t VALUES (1)');
    const restarted = readIndex(path);
    assert.ok(!sameSalts(restarted, header));
    assert.equal(restarted.salt1, (header.salt1 + 1) >>> 0);
    assert.equal(readWalHeader(path).checkpointSequence, header.checkpointSequence + 1);
    assert.notEqual(restarted.changeCounter, index.changeCounter);
  });
}

test('decodeWalIndexHeader shows a reader of the application in the marks', async () => {
  const path = join(folder, 'reader.db');
  await using application = new SqliteProcess(path);
  await application.run('PRAGMA journal_mode=WAL', 'CREATE TABLE t(x)');
  await using reader = new SqliteProcess(path);
  await reader.run('BEGIN', 'SELECT * FROM t');
  const { mxFrame } = readIndex(path);
  await application.run('INSERT INTO t VALUES (1)');
  const index = readIndex(path);
  assert.ok(index.mxFrame > mxFrame);
  assert.ok(index.readMarks.includes(mxFrame));
});
