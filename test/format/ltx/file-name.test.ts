import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLtxFileName, parseLtxFileName } from '../../../src/format/ltx/file-name.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';

test('formatLtxFileName and parseLtxFileName are each other turned round', () => {
  for (const [min, max] of [
    [1n, 1n],
    [0x1an, 0xffff_ffff_ffff_ffffn],
  ] as const) {
    const name = formatLtxFileName(toTxid(min), toTxid(max));
    assert.equal(name.length, 37);
    assert.deepEqual(parseLtxFileName(name), { minTxid: min, maxTxid: max });
  }
  assert.equal(formatLtxFileName(toTxid(1), toTxid(15)), '0000000000000001-000000000000000f.ltx');
});

test('parseLtxFileName gives undefined for names of other files', () => {
  for (const name of [
    '',
    '0000000000000001-000000000000000f.ltx.tmp',
    '0000000000000001-000000000000000F.ltx',
    '000000000000001-000000000000000f.ltx',
    '0000000000000000-000000000000000f.ltx',
    '0000000000000002-0000000000000001.ltx',
    '0000000000000001_000000000000000f.ltx',
    ' 0000000000000001-000000000000000f.ltx',
    '0000000000000001-000000000000000f.ltx\n',
  ]) {
    assert.equal(parseLtxFileName(name), undefined, JSON.stringify(name));
  }
});
