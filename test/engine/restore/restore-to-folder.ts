import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { restore } from '../../../src/engine/restore/restore.ts';
import type { RestoreOptions, RestoreReport, RestoreResult } from '../../../src/engine/restore/restore-options.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import type { ReplicaClient } from '../../../src/replica/replica-client.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import type { DurableObserver } from '../../../src/runtime/durable-step.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { cleanUp } from '../clean-up.ts';
import { kernels } from './model-database.ts';

export type RestoreArguments = Partial<RestoreOptions> & {
  readonly client?: ReplicaClient;
  readonly txid?: number;
  readonly observe?: DurableObserver;
};

/** A folder that goes away with the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'restore-'));
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Restores the newest state, or that of `txid`, of one replica or several. */
export function run(
  outputPath: string,
  { client, txid, observe, ...options }: RestoreArguments,
): Promise<RestoreResult> {
  return restore(
    {
      replicas: client === undefined ? [] : [{ name: 'only', client }],
      target: txid === undefined ? { kind: 'newest' } : { kind: 'txid', txid: toTxid(txid) },
      outputPath,
      ...options,
    },
    { kernels, durableFiles: new DurableFiles(observe), clock: systemClock, logger: silentLogger },
  );
}

/** As `run`, for what must restore. */
export async function restored(outputPath: string, args: RestoreArguments): Promise<RestoreReport> {
  const result = await run(outputPath, args);
  if (result.outcome !== 'restored' && result.outcome !== 'checked') throw new Error(`outcome ${result.outcome}`);
  return result;
}
