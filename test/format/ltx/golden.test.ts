import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLtxFileName } from '../../../src/format/ltx/file-name.ts';
import { decodeLtxHeader, isSnapshotHeader } from '../../../src/format/ltx/header.ts';
import { decodePageIndex } from '../../../src/format/ltx/page-index.ts';
import { locatePageIndex, ltxTailBytes } from '../../../src/format/ltx/tail.ts';
import { loadKernels } from '../../../src/kernel/load-kernels.ts';
import { referenceKernels } from '../../../src/kernel/reference/reference-kernels.ts';
import { listGoldenFiles, readGoldenFile } from '../../support/golden-files.ts';
import { decodeLtxFile, encodeLtxFile } from '../../support/ltx-file-spec.ts';

const files = listGoldenFiles();

test('LtxDecoder verifies every file that Litestream recorded', () => {
  assert.equal(files.length, 133);
  for (const file of files) {
    const { header, pages } = decodeLtxFile(readGoldenFile(file), referenceKernels, { chunkBytes: 1000 });
    assert.deepEqual({ minTxid: header.minTxid, maxTxid: header.maxTxid }, parseLtxFileName(file.name), file.path);
    assert.equal(header.noChecksum, true);
    assert.equal(header.checksums, undefined);
    assert.equal(header.epoch, 0);
    assert.ok(pages.size > 0);
    if (file.level === 0) assert.ok(header.walOffset >= 32, file.path);
    else if (file.level < 9) assert.equal(header.walOffset, 0, file.path);
  }
});

test('LtxDecoder and LtxEncoder give the same with the WASM kernels', () => {
  const wasm = loadKernels();
  assert.equal(wasm.kind, 'wasm');
  for (const file of files) {
    const reference = decodeLtxFile(readGoldenFile(file));
    assert.deepEqual(decodeLtxFile(readGoldenFile(file), wasm), reference, file.path);
    assert.deepEqual(decodeLtxFile(encodeLtxFile(reference, wasm)).pages, reference.pages, file.path);
  }
});

test('LtxEncoder writes the pages of every recorded file so that they decode equal', () => {
  for (const file of files) {
    const original = decodeLtxFile(readGoldenFile(file));
    const again = decodeLtxFile(encodeLtxFile(original));
    assert.deepEqual(again.pages, original.pages, file.path);
    const { checksums, ...header } = again.header;
    assert.deepEqual({ ...header, checksums: undefined }, original.header, file.path);
    const after = isSnapshotHeader(original.header) ? original.pagesChecksum : 0n;
    assert.deepEqual(checksums, { before: 0n, after }, file.path);
  }
});

test('locatePageIndex and decodePageIndex find in the last bytes what LtxDecoder saw', () => {
  for (const file of files) {
    const bytes = readGoldenFile(file);
    const { index } = decodeLtxFile(bytes);
    const short = locatePageIndex(bytes.subarray(bytes.length - ltxTailBytes), bytes.length);
    assert.equal(short.bytes, undefined);
    const read = bytes.subarray(short.offset, short.offset + short.sizeBytes);
    assert.deepEqual(decodePageIndex(read, { fileSizeBytes: bytes.length }), index, file.path);
    const long = locatePageIndex(bytes, bytes.length);
    assert.deepEqual(long.bytes, read);
  }
});

test('decodeLtxHeader tells from 100 bytes alone what a recorded file is', () => {
  for (const file of files) {
    const bytes = readGoldenFile(file);
    assert.deepEqual(decodeLtxHeader(bytes.subarray(0, 100)), decodeLtxFile(bytes).header);
  }
});
