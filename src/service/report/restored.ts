import { formatByteSize } from '../../config/value/byte-size.ts';
import { formatGoDuration } from '../../config/value/go-duration.ts';
import type { IntegrityCheck, RestoreResult } from '../../engine/restore/restore-options.ts';
import { formatTxid } from '../../format/ltx/txid.ts';

export type Restored = Extract<RestoreResult, { outcome: 'restored' | 'checked' }>;

/** What was asked for, as far as a report repeats it. */
export interface RestoredRequest {
  /** Undefined for the check of a replica URL. */
  readonly outputPath: string | undefined;
  readonly integrityCheck: IntegrityCheck;
}

/** What a restore or a check has done: Litestream's fields, then ours. */
export function restoredRecord(result: Restored, { outputPath, integrityCheck }: RestoredRequest) {
  const { outcome, replica, txid, timestampMs, sizeBytes, durationMs, verification } = result;
  return {
    db_path: outputPath,
    replica: replica.client.type,
    txid: formatTxid(txid),
    duration_ms: Math.round(durationMs),
    integrity_check: integrityCheck,
    timestamp: new Date(timestampMs).toISOString(),
    size: sizeBytes,
    verified_by: verification,
    checked_only: outcome === 'checked' || undefined,
  };
}

/** The same in two sentences. */
export function restoredText(result: Restored, { outputPath, integrityCheck }: RestoredRequest): string {
  const { outcome, replica, txid, timestampMs, sizeBytes, durationMs, verification } = result;
  const what = outcome === 'checked' ? `${replica.client.url} can be restored` : `Restored ${outputPath}`;
  const by = { 'database-checksum': 'the database checksum', 'file-checksums': 'the checksums of its files' };
  const sqlite = integrityCheck === 'none' ? '' : ` and SQLite's ${integrityCheck} check`;
  return [
    `${what}: TXID ${formatTxid(txid)} of ${new Date(timestampMs).toISOString()}`,
    `${formatByteSize(sizeBytes)} in ${formatGoDuration(Math.round(durationMs))}, verified by ${by[verification]}${sqlite}`,
  ].join(', ');
}
