import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toChecksum, unknownChecksum } from '../../../src/format/ltx/checksum.ts';
import { decodeLtxHeader, encodeLtxHeader, type LtxHeader, noWalPosition } from '../../../src/format/ltx/header.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { expectLtxError } from '../../support/expect-ltx-error.ts';

const known = toChecksum(0x8000_0000_0000_0001n);

const full: LtxHeader = {
  pageSizeBytes: 65536,
  commit: 0xffff_ffff,
  minTxid: toTxid(0x0102_0304_0506_0708n),
  maxTxid: toTxid(0xffff_ffff_ffff_ffffn),
  timestampMs: 1_785_000_000_123,
  walOffset: 32,
  walSize: 2 ** 45,
  salt1: 0xdead_beef,
  salt2: 0x8000_0000,
  epoch: 0xffff_fffe,
  noChecksum: true,
  preApplyChecksum: unknownChecksum,
  checksums: { before: known, after: toChecksum(0xffff_ffff_ffff_ffffn) },
};

function change(offset: number, hex: string): Uint8Array {
  const bytes = encodeLtxHeader(full);
  bytes.set(Buffer.from(hex, 'hex'), offset);
  return bytes;
}

test('encodeLtxHeader puts each field where the format has it', () => {
  assert.equal(
    Buffer.from(encodeLtxHeader(full)).toString('hex'),
    [
      '4c54583100000002' + '00010000ffffffff',
      '0102030405060708' + 'ffffffffffffffff',
      '0000019f9a4a7a7b' + '0000000000000000',
      '0000000000000020' + '0000200000000000',
      'deadbeef80000000' + 'fffffffe00000000',
      '4353554d' + '8000000000000001' + 'ffffffffffffffff',
    ].join(''),
  );
});

test('decodeLtxHeader reads back what encodeLtxHeader wrote', () => {
  const others: LtxHeader[] = [
    full,
    { ...full, checksums: undefined, ...noWalPosition, commit: 0, timestampMs: -1 },
    { ...full, noChecksum: false, preApplyChecksum: known, checksums: undefined },
    { ...full, minTxid: toTxid(1), checksums: { before: unknownChecksum, after: known } },
    { ...full, walOffset: 0, walSize: 0, salt1: 0, salt2: 0 },
  ];
  for (const header of others) assert.deepEqual(decodeLtxHeader(encodeLtxHeader(header)), header);
});

test('decodeLtxHeader lets reserved bytes of other programs through and drops the low half of the node id', () => {
  assert.deepEqual(decodeLtxHeader(change(80, '01')), { ...full, checksums: undefined });
  assert.deepEqual(decodeLtxHeader(change(76, '01020304')), full);
});

test('decodeLtxHeader refuses what no reader accepts', () => {
  const cases: [string, Uint8Array][] = [
    ['magic', change(0, '4c545832')],
    ['flags', change(4, '00000003')],
    ['page size 0', change(8, '00000000')],
    ['page size 768', change(8, '00000300')],
    ['page size 128 Ki', change(8, '00020000')],
    ['min TXID 0', change(16, '0000000000000000')],
    ['max below min', change(24, '0000000000000001')],
    ['timestamp out of range', change(32, '7fffffffffffffff')],
    ['pre-apply checksum with the flag', change(40, '8000000000000001')],
    ['no pre-apply checksum without the flag', change(4, '00000000')],
    ['negative WAL offset', change(48, 'ffffffffffffffff')],
    ['negative WAL size', change(56, 'ffffffffffffffff')],
    ['salts without offset', change(48, '00000000000000000000000000000000')],
    ['checksum before without bit 63', change(84, '01')],
    ['checksum after without bit 63', change(92, '01')],
    ['checksum before TXID 1', change(16, '0000000000000001')],
  ];
  for (const [title, bytes] of cases) {
    assert.throws(() => decodeLtxHeader(bytes), { code: 'header-invalid' }, title);
    expectLtxError('header-invalid', () => decodeLtxHeader(bytes));
  }
  expectLtxError('truncated', () => decodeLtxHeader(encodeLtxHeader(full).subarray(0, 99)));
});

test('encodeLtxHeader refuses to write what decodeLtxHeader would not read', () => {
  const wrong: Partial<LtxHeader>[] = [
    { pageSizeBytes: 4095 },
    { commit: -1 },
    { commit: 2 ** 32 },
    { epoch: 1.5 },
    { minTxid: toTxid(0) },
    { timestampMs: Number.NaN },
    { walOffset: 0 },
    { walOffset: 2 ** 60 },
    { salt1: -1 },
    { preApplyChecksum: known },
    { checksums: { before: toChecksum(1n), after: known } },
  ];
  for (const fields of wrong) expectLtxError('header-invalid', () => encodeLtxHeader({ ...full, ...fields }));
});
