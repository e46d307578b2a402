import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Checksum, toChecksum, unknownChecksum } from '../../../src/format/ltx/checksum.ts';
import type { LtxHeader } from '../../../src/format/ltx/header.ts';
import { mergedHeader } from '../../../src/format/ltx/merged-header.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { expectLtxError } from '../../support/expect-ltx-error.ts';
import { ltxHeader } from '../../support/ltx-file-spec.ts';

const a = toChecksum(2n ** 63n + 1n);
const b = toChecksum(2n ** 63n + 2n);
const c = toChecksum(2n ** 63n + 3n);

function header(min: number, max: number, checksums?: [before: Checksum, after: Checksum], epoch = 0): LtxHeader {
  return {
    ...ltxHeader({
      minTxid: toTxid(min),
      maxTxid: toTxid(max),
      commit: max * 10,
      timestampMs: max * 1000,
      epoch,
      salt1: max,
      checksums: checksums && { before: checksums[0], after: checksums[1] },
    }),
    noChecksum: true,
    preApplyChecksum: unknownChecksum,
  };
}

test('mergedHeader spans its files: first before, last after, size, time and epoch, no WAL position', () => {
  assert.deepEqual(mergedHeader([header(3, 3, [a, b], 1), header(4, 6, [b, c], 2)]), {
    pageSizeBytes: 512,
    commit: 60,
    minTxid: 3n,
    maxTxid: 6n,
    timestampMs: 6000,
    walOffset: 0,
    walSize: 0,
    salt1: 0,
    salt2: 0,
    epoch: 2,
    checksums: { before: a, after: c },
  });
});

test('mergedHeader says unknown where a foreign file at an end has no checksum', () => {
  const { checksums } = mergedHeader([header(3, 3), header(4, 4, [a, b]), header(5, 5)]);
  assert.deepEqual(checksums, { before: unknownChecksum, after: unknownChecksum });
  assert.deepEqual(mergedHeader([header(1, 2), header(3, 3, [a, b])]).checksums, { before: unknownChecksum, after: b });
});

test('mergedHeader takes files that overlap when each brings a new TXID', () => {
  const { minTxid, maxTxid } = mergedHeader([
    header(1, 4, [unknownChecksum, a]),
    header(3, 6, [b, c]),
    header(7, 7, [c, a]),
  ]);
  assert.deepEqual([minTxid, maxTxid], [1n, 7n]);
});

test('mergedHeader refuses gaps, files that bring nothing new, another page size, and no files', () => {
  expectLtxError('not-mergeable', () => mergedHeader([]));
  expectLtxError('not-mergeable', () => mergedHeader([header(1, 1), header(3, 3)]));
  expectLtxError('not-mergeable', () => mergedHeader([header(1, 4), header(2, 4)]));
  expectLtxError('not-mergeable', () => mergedHeader([header(5, 5), header(1, 4)]));
  expectLtxError('not-mergeable', () => mergedHeader([header(1, 1), { ...header(2, 2), pageSizeBytes: 1024 }]));
});

test('mergedHeader refuses a file that does not go on from the one before it', () => {
  expectLtxError('checksum-mismatch', () => mergedHeader([header(1, 1, [unknownChecksum, a]), header(2, 2, [b, c])]));
});
