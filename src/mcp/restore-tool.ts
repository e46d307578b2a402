import * as z from 'zod';
import { parseTime, timeForm } from '../config/value/time-in-words.ts';
import { RestoreError } from '../engine/restore/restore-error.ts';
import type { RestoreResult, RestoreTarget } from '../engine/restore/restore-options.ts';
import { parseTxid } from '../format/ltx/txid.ts';
import { processServices } from '../service/compose.ts';
import { withOpenReplicas } from '../service/named-replicas.ts';
import { restoredRecord, restoredText } from '../service/report/restored.ts';
import { restoreDatabase } from '../service/restore-database.ts';
import { configArgument, replicaArgument } from './arguments.ts';
import { replicasAt, requireOwnConfig, type Served } from './served.ts';
import { defineTool, type Tool, type ToolAnswer } from './tool.ts';
import { ToolError } from './tool-error.ts';

const output = {
  outcome: z.enum(['restored', 'already-there', 'no-backup']),
  db_path: z.string(),
  replica: z.string().optional().describe('Type of the replica that was read.'),
  txid: z.string().optional(),
  timestamp: z.string().optional().describe('When that state was copied.'),
  size: z.number().optional(),
  duration_ms: z.number().optional(),
  integrity_check: z.string().optional(),
  verified_by: z.string().optional(),
  notices: z.array(z.string()).optional(),
};
type Data = z.input<z.ZodObject<typeof output>>;

const defaultParallelism = 8;

export function restoreTool(served: Served): Tool {
  return defineTool({
    name: 'litestream_restore',
    title: 'Restore',
    description:
      'Restore a database from a replica into a new file, as it was at any moment that the replica holds. A file that exists is never replaced.',
    input: {
      ...replicaArgument,
      o: z.string().optional().describe('Where the database is written. Default: the path of the database.'),
      ...configArgument,
      txid: z.string().optional().describe('Restore the state after a transaction. Default: the newest one.'),
      timestamp: z.string().optional().describe(`Restore the state at a moment: ${timeForm}.`),
      parallelism: z.coerce.number().int().min(1).optional().describe('How many files are read at once.'),
      if_db_not_exists: z.boolean().default(false).describe('That the output exists already is no error.'),
      if_replica_exists: z.boolean().default(false).describe('That there is no backup is no error.'),
    },
    output,
    changes: 'adds',
    async run({ path, replica, o, config, parallelism = defaultParallelism, ...given }, { signal, progress }) {
      requireOwnConfig(served, config);
      const { database, replicas } = replicasAt(served, path, replica);
      const outputPath = o === undefined ? database.path : served.resolvePath(o);
      const target = targetOf(given);
      const { logger } = served;
      logger.info('a client restores a database', { db: database.path, output: outputPath });
      const services = processServices({ logger: logger.child({ db: database.path }) });
      const result = await withOpenReplicas(replicas, services, (opened) =>
        restoreDatabase(
          {
            replicas: opened,
            target,
            outputPath,
            metaPath: served.store.config(outputPath)?.metaPath,
            whenOutputExists: given.if_db_not_exists ? 'keep' : 'fail',
            whenNoBackup: given.if_replica_exists ? 'report' : 'fail',
            parallelism,
            signal,
            onProgress: ({ doneBytes, totalBytes }) => progress(doneBytes, totalBytes),
          },
          services,
        ),
      ).catch(rethrow);
      return answerOf(result, outputPath);
    },
  });
}

function targetOf({ txid, timestamp }: { txid?: string | undefined; timestamp?: string | undefined }): RestoreTarget {
  if (txid !== undefined && timestamp !== undefined) {
    throw new ToolError('invalid-argument', 'Cannot restore: txid and timestamp do not go together');
  }
  if (txid !== undefined) {
    const parsed = parseTxid(txid);
    if (parsed !== undefined) return { kind: 'txid', txid: parsed };
    throw new ToolError('invalid-argument', `Cannot use txid ${txid}: it is not 1 to 16 hexadecimal digits`);
  }
  if (timestamp === undefined) return { kind: 'newest' };
  const timestampMs = parseTime(timestamp, Date.now());
  if (timestampMs !== undefined) return { kind: 'moment', timestampMs };
  throw new ToolError('invalid-argument', `Cannot use timestamp ${timestamp}: it is not ${timeForm}`);
}

function answerOf(result: RestoreResult, outputPath: string): ToolAnswer<Data> {
  if (result.outcome === 'already-there' || result.outcome === 'no-backup') {
    const why = result.outcome === 'no-backup' ? 'there is no backup' : `${outputPath} exists already`;
    return { text: `Nothing was restored: ${why}`, data: { outcome: result.outcome, db_path: outputPath } };
  }
  if (result.outcome !== 'restored') throw new Error(`Cannot restore ${outputPath}: ${result.outcome}`);
  const request = { outputPath, integrityCheck: 'none' } as const;
  const notices = result.notices.map(({ message }) => message);
  const record = { outcome: result.outcome, ...restoredRecord(result, request), db_path: outputPath, notices };
  return { text: [restoredText(result, request), ...notices].join('\n'), data: record };
}

/** The engine's way out names a flag of the command, and replacing is not offered here. */
function rethrow(error: unknown): never {
  if (!(error instanceof RestoreError) || error.code !== 'output-exists') throw error;
  throw new ToolError('output-exists', error.message, { cause: error, hint: 'give another path as o' });
}
