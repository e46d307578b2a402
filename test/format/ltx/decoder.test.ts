import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lockPgno } from '../../../src/format/database/lock-page.ts';
import { toChecksum, unknownChecksum } from '../../../src/format/ltx/checksum.ts';
import { LtxDecoder } from '../../../src/format/ltx/decoder.ts';
import type { NewLtxHeader } from '../../../src/format/ltx/encoder.ts';
import { encodeLtxHeader, type LtxHeader } from '../../../src/format/ltx/header.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { referenceKernels as kernels } from '../../../src/kernel/reference/reference-kernels.ts';
import { expectLtxError } from '../../support/expect-ltx-error.ts';
import { decodeLtxFile, encodeLtxFile, ltxHeader } from '../../support/ltx-file-spec.ts';
import { assembleLtxFile, blockFrame } from '../../support/raw-ltx-file.ts';
import { testPage, testPages, upTo } from '../../support/test-pages.ts';

const second = { minTxid: toTxid(2), maxTxid: toTxid(2) };

function rawHeader(fields: Partial<LtxHeader>): Uint8Array {
  const header: NewLtxHeader = ltxHeader(fields);
  return encodeLtxHeader({ noChecksum: true, preApplyChecksum: unknownChecksum, ...header, ...fields });
}

function frames(...pgnos: number[]) {
  return pgnos.map((pgno) => blockFrame(pgno, testPage(512, pgno)));
}

test('LtxDecoder accepts a file put together by other hands', () => {
  const bytes = assembleLtxFile({ header: rawHeader({ commit: 3 }), frames: frames(1, 2, 3) });
  assert.deepEqual(decodeLtxFile(bytes).pages, testPages(512, [1, 2, 3]));
});

test('LtxDecoder refuses pages that may not be there', () => {
  const header = rawHeader({ ...second, commit: 5 });
  expectLtxError('page-order', () => decodeLtxFile(assembleLtxFile({ header, frames: frames(3, 2) })));
  expectLtxError('page-order', () => decodeLtxFile(assembleLtxFile({ header, frames: frames(3, 3) })));
  expectLtxError('page-order', () => decodeLtxFile(assembleLtxFile({ header, frames: frames(5, 6) })));
  const large = rawHeader({ ...second, commit: 0xffff_ffff });
  expectLtxError('page-order', () => decodeLtxFile(assembleLtxFile({ header: large, frames: frames(lockPgno(512)) })));
});

test('LtxDecoder hands out no page beyond the end of the database', () => {
  const bytes = assembleLtxFile({ header: rawHeader({ ...second, commit: 5 }), frames: frames(5, 6) });
  const decoder = new LtxDecoder({ openRun: (size) => kernels.openRun(size, 1) }, { kernels });
  const seen: number[] = [];
  expectLtxError('page-order', () => {
    for (const { run } of decoder.push(bytes)) seen.push(run.pgnos[0]!);
  });
  assert.deepEqual(seen, [5]);
});

test('LtxDecoder refuses a snapshot with a page missing, also the last ones', () => {
  const header = rawHeader({ commit: 4 });
  for (const pgnos of [[1, 2, 4], [1, 2, 3], [2, 3, 4], []]) {
    const bytes = assembleLtxFile({ header, frames: frames(...pgnos) });
    expectLtxError('snapshot-incomplete', () => decodeLtxFile(bytes));
  }
});

test('LtxDecoder refuses a huge commit without the pages to go with it', () => {
  const bytes = assembleLtxFile({ header: rawHeader({ commit: 0xffff_ffff }), frames: frames(1) });
  expectLtxError('snapshot-incomplete', () => decodeLtxFile(bytes));
});

test('LtxDecoder refuses an index that is not the one of the pages, though the file checksum is right', () => {
  const header = rawHeader({ ...second, commit: 5 });
  const other = assembleLtxFile({ header, frames: frames(1, 3) });
  const index = other.subarray(other.length - 16 - 17, other.length - 16);
  expectLtxError('index-invalid', () => decodeLtxFile(assembleLtxFile({ header, frames: frames(1, 2), index })));
});

test('LtxDecoder compares the pages of a snapshot with both kinds of database checksum', () => {
  const wrong = toChecksum(2n ** 63n + 1n);
  const extension = rawHeader({ commit: 2, checksums: { before: unknownChecksum, after: wrong } });
  expectLtxError('checksum-mismatch', () =>
    decodeLtxFile(assembleLtxFile({ header: extension, frames: frames(1, 2) })),
  );
  const standard = rawHeader({ commit: 2, noChecksum: false });
  const file = { header: standard, frames: frames(1, 2) };
  expectLtxError('checksum-mismatch', () => decodeLtxFile(assembleLtxFile({ ...file, postApplyChecksum: wrong })));
  expectLtxError('trailer-invalid', () => decodeLtxFile(assembleLtxFile(file)));
  const right = decodeLtxFile(
    assembleLtxFile({ header: rawHeader({ commit: 2 }), frames: frames(1, 2) }),
  ).pagesChecksum;
  assert.equal(decodeLtxFile(assembleLtxFile({ ...file, postApplyChecksum: right })).trailer.postApplyChecksum, right);
});

test('LtxDecoder refuses a post-apply checksum in a file with the no-checksum flag', () => {
  const header = rawHeader({ commit: 1 });
  const bytes = assembleLtxFile({ header, frames: frames(1), postApplyChecksum: 2n ** 63n });
  expectLtxError('trailer-invalid', () => decodeLtxFile(bytes));
});

test('LtxDecoder refuses every shorter file and any byte behind a whole one', () => {
  const bytes = encodeLtxFile({ header: ltxHeader({ commit: 3 }), pages: testPages(512, upTo(3)) });
  for (let length = 0; length < bytes.length; length++) {
    expectLtxError('truncated', () => decodeLtxFile(bytes.subarray(0, length)));
  }
  expectLtxError('trailer-invalid', () => decodeLtxFile(Buffer.concat([bytes, Buffer.alloc(1)])));
  expectLtxError('trailer-invalid', () =>
    decodeLtxFile(Buffer.concat([bytes, Buffer.alloc(1)]), kernels, { chunkBytes: 1 }),
  );
});

test('LtxDecoder refuses a frame that says more than a page can take before it waits for the bytes', () => {
  for (const [flags, size] of [
    [1, 600],
    [1, 0xffff_ffff],
    [2, 20],
    [0x8001, 20],
  ] as const) {
    const head = Buffer.alloc(10);
    head.writeUInt32BE(1, 0);
    head.writeUInt16BE(flags, 4);
    head.writeUInt32BE(size, 6);
    const decoder = new LtxDecoder({}, { kernels });
    assert.deepEqual([...decoder.push(rawHeader({ commit: 1 }))], []);
    expectLtxError('frame-invalid', () => [...decoder.push(head)]);
  }
});

test('LtxDecoder refuses a block that does not give one page', () => {
  const header = rawHeader({ ...second, commit: 5 });
  for (const size of [256, 511, 513, 530]) {
    const bytes = assembleLtxFile({ header, frames: [blockFrame(1, testPage(size, 2))] });
    expectLtxError('frame-invalid', () => decodeLtxFile(bytes));
  }
});
