import { applyPlan } from './apply/apply-plan.ts';
import type { Choice } from './choose-replica.ts';
import { OutputFile, requireFreeOutput } from './output-file.ts';
import type { RestoredState, RestoreOptions, RestoreReport, RestoreServices } from './restore-options.ts';

/** How many ranges are read at a time when nothing else is asked for. */
export const defaultParallelism = 4;
/** From so many bytes to be read on, what is restored would fill much of the page cache. */
const largeBytes = 16 << 20;

/** Restores by a plan into a temporary file, verifies it, and publishes it, or in mode `check` removes it. */
export async function writeDatabase(
  { chosen, newestTxid, notices }: Choice,
  options: RestoreOptions,
  { kernels, durableFiles, clock }: RestoreServices,
): Promise<RestoreReport> {
  const isCheck = options.mode === 'check';
  const startMs = clock.monotonic();
  const path = isCheck ? `${options.outputPath}.check` : options.outputPath;
  const { fileMode = 0o600, integrityCheck = 'none' } = options;
  const isDirect = chosen.plan.bytes >= largeBytes && integrityCheck === 'none';
  const output = await OutputFile.begin(path, { fileMode, isDirect }, durableFiles);
  try {
    const totalBytes = chosen.plan.bytes;
    let bytesRead = 0;
    const onRead = (bytes: number) => {
      bytesRead += bytes;
      options.onProgress?.({ doneBytes: Math.min(bytesRead, totalBytes), totalBytes });
    };
    const applied = await applyPlan(
      chosen.plan.files,
      { client: chosen.replica.client, signal: options.signal, onRead },
      output,
      { parallelism: Math.max(1, options.parallelism ?? defaultParallelism), openChecksums: options.openChecksums },
      { kernels },
    );
    const { header, checksum, verification } = applied;
    const sizeBytes = header.commit * header.pageSizeBytes;
    await output.truncate(sizeBytes);
    if (integrityCheck !== 'none') {
      const { checkIntegrity } = await import('./integrity-check.ts');
      checkIntegrity(output.temporaryPath, integrityCheck);
    }
    const state: RestoredState = {
      txid: chosen.plan.txid,
      newestTxid,
      timestampMs: chosen.timestampMs ?? header.timestampMs,
      epoch: header.epoch,
      commit: header.commit,
      pageSizeBytes: header.pageSizeBytes,
      checksum,
      verification,
    };
    options.signal?.throwIfAborted();
    if (isCheck) await output.discard();
    else await publish(output, state, options);
    options.onProgress?.({ doneBytes: totalBytes, totalBytes });
    return { ...chosen, ...state, sizeBytes, bytesRead, durationMs: clock.monotonic() - startMs, notices };
  } catch (error) {
    await output.discard();
    throw error;
  }
}

async function publish(output: OutputFile, state: RestoredState, options: RestoreOptions): Promise<void> {
  const { owner, whenOutputExists, outputPath } = options;
  if (owner !== undefined) await output.setOwner(owner);
  await output.flush();
  // An application may have started meanwhile and made its own database.
  if (whenOutputExists !== 'replace') await requireFreeOutput(outputPath);
  await options.beforePublish?.(state);
  if (whenOutputExists === 'replace') await output.replace();
  else await output.publish();
}
