import { formatTxid } from '../../format/ltx/txid.ts';
import type { DatedFile } from '../replica-files.ts';
import { formatTable } from './table.ts';

/** LTX files of a replica as Litestream's JSON lists them. */
export function fileRecords(files: readonly DatedFile[]) {
  return files.map(({ level, minTxid, maxTxid, sizeBytes, timestampMs }) => ({
    level,
    min_txid: formatTxid(minTxid),
    max_txid: formatTxid(maxTxid),
    size: sizeBytes,
    timestamp: new Date(timestampMs).toISOString(),
  }));
}

/** LTX files of a replica as Litestream prints them. */
export function fileTable(files: readonly DatedFile[]): string {
  const rows = fileRecords(files).map((record) => Object.values(record).map(String));
  return formatTable(['level', 'min_txid', 'max_txid', 'size', 'created'], rows);
}
