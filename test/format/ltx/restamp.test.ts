import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ltxHeaderBytes } from '../../../src/format/ltx/header.ts';
import { decodePageIndex } from '../../../src/format/ltx/page-index.ts';
import { restampLtx } from '../../../src/format/ltx/restamp.ts';
import { locatePageIndex } from '../../../src/format/ltx/tail.ts';
import { decodeLtxTrailer, ltxTrailerBytes } from '../../../src/format/ltx/trailer.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { referenceKernels as kernels } from '../../../src/kernel/reference/reference-kernels.ts';
import { decodeLtxFile, encodeLtxFile, ltxHeader } from '../../support/ltx-file-spec.ts';
import { testPages, upTo } from '../../support/test-pages.ts';

const second = { minTxid: toTxid(2), maxTxid: toTxid(2) };

function restamped(bytes: Uint8Array, epoch: number): Uint8Array {
  const location = locatePageIndex(bytes, bytes.length);
  const { header } = decodeLtxFile(bytes);
  const { headerBytes, trailerBytes } = restampLtx(
    {
      headerBytes: bytes.subarray(0, ltxHeaderBytes),
      fileChecksum: decodeLtxTrailer(bytes.subarray(-ltxTrailerBytes), header).fileChecksum,
      pageCount: decodePageIndex(location.bytes!, { fileSizeBytes: bytes.length }).count,
      indexBytes: location.sizeBytes,
    },
    epoch,
    { kernels },
  );
  return Buffer.concat([headerBytes, bytes.subarray(ltxHeaderBytes, -ltxTrailerBytes), trailerBytes]);
}

for (const [pageSizeBytes, count] of [
  [512, 0],
  [512, 1],
  [4096, 300],
  [65536, 3],
] as const) {
  test(`restampLtx gives the file that would have been written with that epoch, ${count} pages of ${pageSizeBytes}`, () => {
    const header = ltxHeader({ ...second, pageSizeBytes, commit: 1000, epoch: 3 });
    const pages = testPages(pageSizeBytes, upTo(count));
    const bytes = restamped(encodeLtxFile({ header, pages }), 0xffff_ffff);
    assert.deepEqual(bytes, Buffer.from(encodeLtxFile({ header: { ...header, epoch: 0xffff_ffff }, pages })));
    assert.equal(decodeLtxFile(bytes).header.epoch, 0xffff_ffff);
  });
}
