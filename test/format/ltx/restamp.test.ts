import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toChecksum } from '../../../src/format/ltx/checksum.ts';
import { restampEpoch } from '../../../src/format/ltx/restamp.ts';
import { locatePageIndex } from '../../../src/format/ltx/tail.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { referenceKernels as kernels } from '../../../src/kernel/reference/reference-kernels.ts';
import { decodeLtxFile, encodeLtxFile, ltxHeader } from '../../support/ltx-file-spec.ts';
import { testPages, upTo } from '../../support/test-pages.ts';

test('restampEpoch gives the file that would have been written under the other epoch', () => {
  const checksums = { before: toChecksum(2n ** 63n + 9n), after: toChecksum(2n ** 63n + 8n) };
  for (const pageCount of [0, 1, 40]) {
    for (const epoch of [0, 1, 7, 0xffff_ffff]) {
      const header = ltxHeader({ minTxid: toTxid(3), maxTxid: toTxid(3), commit: 50, epoch: 7, checksums });
      const pages = testPages(512, upTo(pageCount));
      const bytes = encodeLtxFile({ header, pages });
      const file = {
        headerBytes: bytes.subarray(0, 100),
        trailerBytes: bytes.subarray(bytes.length - 16),
        pageCount,
        indexSizeBytes: locatePageIndex(bytes, bytes.length).sizeBytes,
      };
      const { headerBytes, trailerBytes } = restampEpoch(file, epoch, { kernels });
      const restamped = Buffer.concat([headerBytes, bytes.subarray(100, bytes.length - 16), trailerBytes]);
      assert.deepEqual(restamped, Buffer.from(encodeLtxFile({ header: { ...header, epoch }, pages })));
      assert.equal(decodeLtxFile(restamped).header.epoch, epoch);
    }
  }
});
