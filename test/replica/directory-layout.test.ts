import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { levels } from '../../src/format/ltx/level.ts';
import { toTxid } from '../../src/format/ltx/txid.ts';
import { ltxPath, parseLtxPath } from '../../src/replica/directory-layout.ts';

describe('ltxPath', () => {
  test('ltxPath is where Litestream keeps a file', () => {
    assert.equal(
      ltxPath({ level: 9, minTxid: toTxid(1), maxTxid: toTxid(0xabcdef) }),
      'ltx/9/0000000000000001-0000000000abcdef.ltx',
    );
  });

  test('parseLtxPath is the reverse of ltxPath', (t) => {
    const seed = Date.now() % 0x7fffffff;
    t.diagnostic(`seed ${seed}`);
    const largest = 0xffff_ffff_ffff_ffffn;
    const range = fc
      .bigInt({ min: 1n, max: largest })
      .chain((min) => fc.tuple(fc.constant(min), fc.bigInt({ min, max: largest })));
    fc.assert(
      fc.property(fc.constantFrom(...levels), range, (level, [min, max]) => {
        const file = { level, minTxid: toTxid(min), maxTxid: toTxid(max) };
        assert.deepEqual(parseLtxPath(ltxPath(file)), file);
      }),
      { seed },
    );
  });

  test('parseLtxPath knows no other paths', () => {
    const name = '0000000000000001-0000000000000001.ltx';
    const paths = ['', name, `ltx/${name}`, `0/${name}`, `ltx/10/${name}`, `ltx/x/${name}`, `ltx/0/x/${name}`];
    for (const path of [...paths, `ltx/0/${name}.tmp`, `/ltx/0/${name}`, `ltx/0/`, `ltx//${name}`]) {
      assert.equal(parseLtxPath(path), undefined, path);
    }
  });
});
