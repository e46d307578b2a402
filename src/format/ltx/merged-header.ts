import { formatChecksum, unknownChecksum } from './checksum.ts';
import type { NewLtxHeader } from './encoder.ts';
import type { LtxHeader } from './header.ts';
import { LtxError } from './ltx-error.ts';
import { formatTxid, nextTxid } from './txid.ts';

/**
 * The header of the file that takes the place of these, given oldest to newest: the first one's checksum before; size,
 * time, epoch and checksum after of the last one; no WAL fields. Throws LtxError `not-mergeable` when a TXID would be
 * missing or the page size changes, `checksum-mismatch` when one file does not go on from where the one before it ended.
 */
export function mergedHeader(headers: readonly LtxHeader[]): NewLtxHeader {
  const first = headers[0];
  const last = headers.at(-1);
  if (first === undefined || last === undefined)
    throw new LtxError('not-mergeable', 'Cannot merge LTX files: none given');
  for (let i = 1; i < headers.length; i++) checkNeighbours(headers[i - 1]!, headers[i]!);
  return {
    pageSizeBytes: last.pageSizeBytes,
    commit: last.commit,
    minTxid: first.minTxid,
    maxTxid: last.maxTxid,
    timestampMs: last.timestampMs,
    walOffset: 0,
    walSize: 0,
    salt1: 0,
    salt2: 0,
    epoch: last.epoch,
    checksums: {
      before: first.checksums?.before ?? unknownChecksum,
      after: last.checksums?.after ?? unknownChecksum,
    },
  };
}

/** Files may overlap, as they do after a crash between a compaction and its deletions, but each must bring a new TXID. */
function checkNeighbours(older: LtxHeader, newer: LtxHeader): void {
  const expected = nextTxid(older.maxTxid);
  if (newer.minTxid > expected || newer.maxTxid < expected) {
    throw notMergeable(newer, `the file before it ends at TXID ${formatTxid(older.maxTxid)}`);
  }
  if (newer.pageSizeBytes !== older.pageSizeBytes) {
    throw notMergeable(newer, `its pages have ${newer.pageSizeBytes} bytes, those before it ${older.pageSizeBytes}`);
  }
  const after = older.checksums?.after ?? unknownChecksum;
  const before = newer.checksums?.before ?? unknownChecksum;
  if (newer.minTxid === expected && after !== unknownChecksum && before !== unknownChecksum && after !== before) {
    const state = `it goes on from database checksum ${formatChecksum(before)}, the file before it gives ${formatChecksum(after)}`;
    throw new LtxError('checksum-mismatch', `Cannot merge ${describe(newer)}: ${state}`, {
      data: { minTxid: newer.minTxid, maxTxid: newer.maxTxid },
    });
  }
}

function notMergeable(header: LtxHeader, state: string): LtxError {
  const { minTxid, maxTxid } = header;
  return new LtxError('not-mergeable', `Cannot merge ${describe(header)}: ${state}`, { data: { minTxid, maxTxid } });
}

function describe({ minTxid, maxTxid }: LtxHeader): string {
  return `TXIDs ${formatTxid(minTxid)} to ${formatTxid(maxTxid)}`;
}
