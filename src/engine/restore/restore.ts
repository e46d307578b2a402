import type { LtxFileInfo } from '../../replica/replica-client.ts';
import { ReplicaError } from '../../replica/replica-error.ts';
import { readAhead } from './apply/read-ahead.ts';
import { type Choice, chooseReplica } from './choose-replica.ts';
import { outputState, removeLeftoverLinks, requireFreeOutput } from './output-file.ts';
import { readHeader } from './read-header.ts';
import { RestoreError } from './restore-error.ts';
import type { ChosenPlan, RestoreOptions, RestoreResult, RestoreServices } from './restore-options.ts';
import { defaultParallelism, writeDatabase } from './write-database.ts';

/** A replica may be compacted while it is read; a plan is made anew this often before that is an error. */
const tries = 4;

/**
 * Brings a database back: chooses the replica, plans, writes under a temporary name, verifies, publishes. Whatever stands
 * under the output path stays untouched until the new database is complete.
 */
export async function restore(options: RestoreOptions, services: RestoreServices): Promise<RestoreResult> {
  const { mode = 'restore', whenOutputExists = 'fail', outputPath, signal } = options;
  signal?.throwIfAborted();
  if (mode !== 'check' && whenOutputExists === 'keep' && (await outputState(outputPath)) === 'database') {
    if (mode === 'restore') await removeLeftoverLinks(outputPath);
    return { outcome: 'already-there' };
  }
  if (mode === 'restore' && whenOutputExists !== 'replace') await requireFreeOutput(outputPath);
  let pageSizeError: RestoreError | undefined;
  for (let left = tries; ; left--) {
    const choice = await choose(options, services, pageSizeError);
    if (choice === undefined) return noBackup(options);
    const { chosen, notices } = choice;
    if (mode === 'plan') {
      return { outcome: 'planned', ...chosen, notices, fileTimesMs: await fileTimes(chosen, options) };
    }
    tellNotices(choice, services);
    options.onPlan?.(chosen);
    try {
      const report = await writeDatabase(choice, options, services);
      return { outcome: mode === 'check' ? 'checked' : 'restored', ...report };
    } catch (error) {
      if (isOtherPageSize(error)) pageSizeError = error;
      else if (!(left > 1 && error instanceof ReplicaError && error.code === 'not-found')) throw error;
    }
  }
}

/** Each page-size error leaves out more files, so this ends: with a plan of one page size or without one. */
async function choose(
  options: RestoreOptions,
  { clock }: RestoreServices,
  pageSizeError: RestoreError | undefined,
): Promise<Choice | undefined> {
  const otherPageSizeUpTo = pageSizeError?.data?.otherPageSizeUpTo;
  try {
    return await chooseReplica({ ...options, nowMs: clock.now(), otherPageSizeUpTo });
  } catch (error) {
    throw error instanceof RestoreError ? (pageSizeError ?? error) : error;
  }
}

async function fileTimes({ replica, plan }: ChosenPlan, { parallelism, signal }: RestoreOptions): Promise<number[]> {
  const times: number[] = [];
  const read = (file: LtxFileInfo) => readHeader(replica.client, file, { signal });
  const headers = readAhead(plan.files, parallelism ?? defaultParallelism, read);
  for await (const { timestampMs } of headers) times.push(timestampMs);
  return times;
}

function isOtherPageSize(error: unknown): error is RestoreError {
  return error instanceof RestoreError && error.code === 'page-size';
}

function noBackup({ whenNoBackup = 'fail', replicas }: RestoreOptions): RestoreResult {
  if (whenNoBackup === 'report') return { outcome: 'no-backup' };
  const where = replicas.map(({ client }) => client.url).join(', ');
  throw new RestoreError('no-backup', `Cannot restore from ${where}: there are no LTX files`, {
    hint: 'Check the path of the replica',
  });
}

function tellNotices({ notices, chosen }: Choice, { logger }: RestoreServices): void {
  for (const { code, message, replica = chosen.replica.name } of notices) {
    if (code === 'after-newest') logger.info(message, { replica });
    else logger.warn(message, { replica });
  }
}
