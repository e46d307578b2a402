import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { WalPosition } from '../../../src/engine/capture/wal-position.ts';
import { loadPosition, savePosition } from '../../../src/engine/meta/position-file.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { temporaryFolder } from '../scene.ts';

const position: WalPosition = {
  salts: Uint8Array.from([0xff, 0x02, 0x03, 0x04, 0x80, 0x06, 0x07, 0x08]),
  salt1: 0xff02_0304,
  salt2: 0x8006_0708,
  frameCount: 4711,
  checksum: { s1: 0xffff_fffe, s2: 1 },
};

test('loadPosition gives back what savePosition stored, with and without a checksum', async (t) => {
  const path = join(temporaryFolder(t), 'position.json');
  savePosition(path, toTxid(9), position);
  assert.deepEqual(await loadPosition(path, toTxid(9)), position);
  const start = { ...position, frameCount: 0, checksum: undefined };
  savePosition(path, toTxid(10), start);
  assert.deepEqual(await loadPosition(path, toTxid(10)), start);
});

test('loadPosition knows nothing of another TXID, nor of a missing or damaged file', async (t) => {
  const path = join(temporaryFolder(t), 'position.json');
  assert.equal(await loadPosition(path, toTxid(9)), undefined);
  savePosition(path, toTxid(9), position);
  assert.equal(await loadPosition(path, toTxid(8)), undefined);
  assert.equal(await loadPosition(path, toTxid(10)), undefined);
  const text = readFileSync(path, 'utf8');
  for (const damaged of ['', text.slice(0, -1), text.replace('4711', '-1'), text.replace('ff02', 'xx02'), 'null']) {
    writeFileSync(path, damaged);
    assert.equal(await loadPosition(path, toTxid(9)), undefined, damaged);
  }
});
