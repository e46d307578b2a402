import { formatByteSize } from '../src/config/value/byte-size.ts';
import type { RestoreResult } from '../src/engine/restore/restore-options.ts';
import { formatLtxFileName } from '../src/format/ltx/file-name.ts';
import { formatTxid } from '../src/format/ltx/txid.ts';
import { type Restored, restoredRecord, restoredText } from '../src/service/report/restored.ts';
import { formatTable } from '../src/service/report/table.ts';
import { type CommandIo, printJson } from './command.ts';
import type { RestoreArguments } from './restore-arguments.ts';

type Planned = Extract<RestoreResult, { outcome: 'planned' }>;

/** What a restore or a check has done. */
export function printRestored(result: Restored, restore: RestoreArguments, io: CommandIo): void {
  if (restore.json) printJson(io, restoredRecord(result, restore));
  else io.print(restoredText(result, restore));
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
