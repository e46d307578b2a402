import { test } from 'node:test';
import { lockPgno } from '../../../src/format/database/lock-page.ts';
import { checkCompleteness } from '../../../src/format/ltx/completeness.ts';
import { decodeLtxHeader, encodeLtxHeader } from '../../../src/format/ltx/header.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { expectLtxError } from '../../support/expect-ltx-error.ts';
import { encodeLtxFile, ltxHeader } from '../../support/ltx-file-spec.ts';
import { testPages } from '../../support/test-pages.ts';

const base = decodeLtxHeader(encodeLtxFile({ header: ltxHeader(), pages: testPages(512, [1]) }));

test('checkCompleteness counts every page of a snapshot but the lock page', () => {
  const pageSizeBytes = 4096;
  const lockPage = lockPgno(pageSizeBytes);
  for (const commit of [lockPage - 1, lockPage, lockPage + 1, lockPage + 1000]) {
    const header = decodeLtxHeader(encodeLtxHeader({ ...base, pageSizeBytes, commit }));
    const count = commit < lockPage ? commit : commit - 1;
    const lastPgno = commit === lockPage ? commit - 1 : commit;
    checkCompleteness(header, { count, lastPgno });
    expectLtxError('snapshot-incomplete', () => checkCompleteness(header, { count: count - 1, lastPgno }));
    expectLtxError('page-order', () => checkCompleteness(header, { count, lastPgno: commit + 1 }));
  }
});

test('checkCompleteness asks nothing of a later file but the commit bound', () => {
  const header = { ...base, minTxid: toTxid(2), maxTxid: toTxid(2), commit: 9 };
  checkCompleteness(header, { count: 0, lastPgno: 0 });
  checkCompleteness(header, { count: 1, lastPgno: 9 });
  expectLtxError('page-order', () => checkCompleteness(header, { count: 1, lastPgno: 10 }));
});
