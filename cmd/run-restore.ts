import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logLevel } from '../src/config/log-level.ts';
import { outputState } from '../src/engine/restore/output-file.ts';
import type { RestoreOptions, RestoreResult } from '../src/engine/restore/restore-options.ts';
import { formatTxid } from '../src/format/ltx/txid.ts';
import { systemClock } from '../src/runtime/clock.ts';
import type { Logger } from '../src/runtime/logger.ts';
import { processServices } from '../src/service/compose.ts';
import { withOpenReplicas } from '../src/service/named-replicas.ts';
import { restoreDatabase } from '../src/service/restore-database.ts';
import type { CommandIo } from './command.ts';
import { CommandError } from './command-error.ts';
import { consoleLogger } from './console-logger.ts';
import { exitCodes } from './exit-code.ts';
import { Progress } from './progress.ts';
import type { RestoreArguments } from './restore-arguments.ts';
import { printPlan, printRestored } from './restore-report.ts';
import { StopSignals } from './signals.ts';

/** Carries a restore out. Resolves to the exit code. */
export async function runRestore(restore: RestoreArguments, io: CommandIo): Promise<number> {
  // Heard until the process is gone: the second copy of a request must not kill it while it ends.
  const stop = StopSignals.listen();
  let progress: Progress | undefined;
  const logger = consoleLogger(
    { level: logLevel(io.environment.logLevel ?? '') ?? 'info', type: 'text', source: false },
    (line) => {
      progress?.end();
      io.write(line);
    },
  ).child({ db: restore.outputPath });
  const { monotonic } = systemClock;
  progress = new Progress({ act: 'restore', isTerminal: io.isTerminal }, { write: io.write, logger, monotonic });
  try {
    const result = await restored(restore, { logger, progress, signal: stop.signal });
    progress.end();
    report(result, restore, { logger, io });
    return exitCodes.done;
  } catch (error) {
    progress.end();
    if (!stop.signal.aborted) throw error;
    throw new CommandError('stopped', `Cannot restore ${restore.source}: stopped by ${stop.received}`, {
      cause: error,
    });
  }
}

interface RestoreRun {
  readonly logger: Logger;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function restored(restore: RestoreArguments, { logger, progress, signal }: RestoreRun): Promise<RestoreResult> {
  const services = processServices({ logger });
  // A check of a URL has no place of its own.
  const folder = restore.outputPath === undefined ? await mkdtemp(join(tmpdir(), 'litestream-check-')) : undefined;
  const outputPath = restore.outputPath ?? join(folder!, 'restored.db');
  const { target, exact, integrityCheck, parallelism, metaPath } = restore;
  try {
    const existing = await whenOutputExists(restore, outputPath);
    return await withOpenReplicas(restore.replicas, services, (replicas) =>
      restoreDatabase(
        {
          replicas,
          target,
          exact,
          integrityCheck,
          parallelism,
          signal,
          outputPath,
          metaPath,
          mode: restore.check ? 'check' : restore.dryRun ? 'plan' : 'restore',
          whenOutputExists: existing,
          whenNoBackup: restore.ifReplicaExists ? 'report' : 'fail',
          onPlan: ({ replica, plan }) => {
            const fields = { replica: replica.name, txid: formatTxid(plan.txid), files: plan.files.length };
            logger.info('restoring', { ...fields, bytes: plan.bytes });
          },
          onProgress: ({ doneBytes, totalBytes }) => progress.report(doneBytes, totalBytes),
        },
        services,
      ),
    );
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** With both flags a database stays, and what lies beside one that is gone is replaced. */
async function whenOutputExists(
  { force, ifDbNotExists }: RestoreArguments,
  outputPath: string,
): Promise<RestoreOptions['whenOutputExists']> {
  if (!force) return ifDbNotExists ? 'keep' : 'fail';
  return ifDbNotExists && (await outputState(outputPath)) !== 'side-files' ? 'keep' : 'replace';
}

function report(
  result: RestoreResult,
  restore: RestoreArguments,
  { logger, io }: { readonly logger: Logger; readonly io: CommandIo },
): void {
  if (result.outcome === 'already-there') logger.info('database already exists, skipping');
  else if (result.outcome === 'no-backup') logger.info('no matching backups found');
  else if (result.outcome !== 'planned') printRestored(result, restore, io);
  else {
    for (const { message, replica = result.replica.name } of result.notices) logger.warn(message, { replica });
    printPlan(result, restore, io);
  }
}
