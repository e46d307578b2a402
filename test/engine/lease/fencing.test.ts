import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeAcquisition, judgeRefusedCreate } from '../../../src/engine/lease/fencing.ts';
import type { LineageHead } from '../../../src/engine/lineage-head.ts';
import { toChecksum, unknownChecksum } from '../../../src/format/ltx/checksum.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';

function head(txid: number, epoch: number, state: number): LineageHead {
  const checksum = state === 0 ? unknownChecksum : toChecksum((1n << 63n) | BigInt(state));
  return { txid: toTxid(txid), epoch, checksum, timestampMs: 1_000 + txid, pageSizeBytes: 4096, commit: 3 };
}

describe('judgeRefusedCreate', () => {
  const own = { epoch: 4, fileChecksum: 77n };
  for (const [verdict, theirs, when] of [
    ['ours', { epoch: 4, fileChecksum: 77n }, 'the same bytes'],
    ['step-down', { epoch: 6, fileChecksum: 1n }, 'a higher epoch'],
    ['absorb', { epoch: 4, fileChecksum: 1n }, 'a lower epoch, be it that of our own file from earlier'],
    ['absorb', { epoch: 0, fileChecksum: 1n }, 'a file of Litestream'],
    ['two-writers', { epoch: 5, fileChecksum: 1n }, 'the epoch in force and other bytes'],
  ] as const) {
    test(`judgeRefusedCreate says ${verdict} for ${when}`, () => {
      assert.equal(judgeRefusedCreate(theirs, own, 5), verdict);
    });
  }
});

describe('judgeAcquisition', () => {
  const local = head(9, 3, 90);
  const cases: [string, Parameters<typeof judgeAcquisition>[0], string][] = [
    ['go-on', { replica: undefined, local, localThere: undefined }, 'the replica holds nothing'],
    ['go-on', { replica: head(9, 3, 90), local, localThere: local }, 'both end alike'],
    ['go-on', { replica: head(7, 3, 70), local, localThere: head(7, 3, 70) }, 'local files after it were not sent yet'],
    ['go-on', { replica: head(7, 3, 70), local, localThere: undefined }, 'the file it ends with is not kept here'],
    ['go-on', { replica: head(7, 0, 0), local, localThere: head(7, 0, 0) }, 'files of Litestream have one time'],
    ['replica-ahead', { replica: head(10, 3, 1), local, localThere: undefined }, 'it knows a TXID that we do not'],
    ['replica-ahead', { replica: head(1, 0, 1), local: undefined, localThere: undefined }, 'nothing is kept here'],
    ['superseded', { replica: head(7, 4, 1), local, localThere: head(7, 3, 70) }, 'another holder went on from TXID 6'],
    ['superseded', { replica: head(7, 4, 70), local, localThere: head(7, 3, 70) }, 'its epoch file changes nothing'],
    ['superseded', { replica: head(7, 4, 1), local, localThere: undefined }, 'nothing to compare, and a higher epoch'],
    ['absorb', { replica: head(7, 2, 1), local, localThere: head(7, 3, 70) }, 'a former holder came late'],
    ['two-writers', { replica: head(7, 3, 1), local, localThere: head(7, 3, 70) }, 'one epoch, two states'],
  ];
  for (const [finding, evidence, when] of cases) {
    test(`judgeAcquisition says ${finding}: ${when}`, () => assert.equal(judgeAcquisition(evidence), finding));
  }
});
