import { formatTxid } from '../../format/ltx/txid.ts';
import type { LtxFileId } from '../../replica/replica-client.ts';

/** Level and name of a file, as messages show it. */
export function describeFile(file: LtxFileId): string {
  return `level ${file.level} file ${formatTxid(file.minTxid)}-${formatTxid(file.maxTxid)}.ltx`;
}
