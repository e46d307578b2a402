import { formatByteSize } from '../src/config/value/byte-size.ts';
import { formatGoDuration } from '../src/config/value/go-duration.ts';
import type { RestoreResult } from '../src/engine/restore/restore-options.ts';
import { formatLtxFileName } from '../src/format/ltx/file-name.ts';
import { formatTxid } from '../src/format/ltx/txid.ts';
import { type CommandIo, printJson } from './command.ts';
import type { RestoreArguments } from './restore-arguments.ts';
import { formatTable } from './table.ts';

type Restored = Extract<RestoreResult, { outcome: 'restored' | 'checked' }>;
type Planned = Extract<RestoreResult, { outcome: 'planned' }>;

/** What a restore or a check has done: Litestream's fields, then ours. */
export function printRestored(result: Restored, { outputPath, integrityCheck, json }: RestoreArguments, io: CommandIo) {
  const { outcome, replica, txid, timestampMs, sizeBytes, durationMs, verification } = result;
  const isCheck = outcome === 'checked';
  const timestamp = new Date(timestampMs).toISOString();
  if (json) {
    printJson(io, {
      db_path: outputPath,
      replica: replica.client.type,
      txid: formatTxid(txid),
      duration_ms: Math.round(durationMs),
      integrity_check: integrityCheck,
      timestamp,
      size: sizeBytes,
      verified_by: verification,
      checked_only: isCheck || undefined,
    });
    return;
  }
  const what = isCheck ? `${replica.client.url} can be restored` : `Restored ${outputPath}`;
  const by = { 'database-checksum': 'the database checksum', 'file-checksums': 'the checksums of its files' };
  const sqlite = integrityCheck === 'none' ? '' : ` and SQLite's ${integrityCheck} check`;
  io.print(
    [
      `${what}: TXID ${formatTxid(txid)} of ${timestamp}`,
      `${formatByteSize(sizeBytes)} in ${formatGoDuration(Math.round(durationMs))}, verified by ${by[verification]}${sqlite}`,
    ].join(', '),
  );
}

/** What a restore would read, as Litestream prints it. */
export function printPlan({ replica, plan, fileTimesMs }: Planned, restore: RestoreArguments, io: CommandIo): void {
  const files = plan.files.map((file, index) => ({
    level: file.level,
    name: formatLtxFileName(file.minTxid, file.maxTxid),
    min_txid: formatTxid(file.minTxid),
    max_txid: formatTxid(file.maxTxid),
    size: file.sizeBytes,
    timestamp: new Date(fileTimesMs[index]!).toISOString(),
  }));
  const summary = {
    source: restore.source,
    target_path: restore.outputPath,
    replica: replica.client.type,
    min_txid: files[0]!.min_txid,
    max_txid: files.at(-1)!.max_txid,
  };
  if (restore.json) {
    printJson(io, { ...summary, files });
    return;
  }
  const head = ['level', 'file', 'min_txid', 'max_txid', 'size', 'timestamp'];
  io.print(
    [
      'Restore plan:',
      `  source: ${summary.source}`,
      `  target: ${summary.target_path}`,
      `  replica: ${replica.name}, ${replica.client.url}`,
      `  txid range: ${summary.min_txid} - ${summary.max_txid}`,
      `  bytes: ${formatByteSize(plan.bytes)}`,
      '',
      'Files to fetch:',
      formatTable(
        head,
        files.map((file) => Object.values(file).map(String)),
      ),
    ].join('\n'),
  );
}
