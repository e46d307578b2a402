import type { DatabaseConfig } from '../../config/normal-config.ts';
import type { LongWork } from '../../engine/long-work.ts';
import type { NamedClient } from '../../engine/replicator/replica-heads.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import { identifyFile } from '../../sqlite/file-identity.ts';
import { restoreDatabase } from '../restore-database.ts';
import type { ShardServices } from './shard-services.ts';

/** Brings a database that does not exist back from its replicas; where they hold nothing, the application makes a new one. Whether it did. */
export async function restoreIfMissing(
  { path, metaPath }: DatabaseConfig,
  replicas: readonly NamedClient[],
  services: ShardServices & { readonly work: LongWork },
  { signal }: CallOptions,
): Promise<boolean> {
  if ((identifyFile(path)?.sizeBytes ?? 0) > 0) return false;
  const { logger } = services;
  const result = await services.restoring.run(async () => {
    using step = services.work.begin('restore', 0);
    return await restoreDatabase(
      {
        outputPath: path,
        metaPath,
        replicas,
        target: { kind: 'newest' },
        whenOutputExists: 'keep',
        whenNoBackup: 'report',
        onProgress: ({ doneBytes, totalBytes }) => step.report(doneBytes, totalBytes),
        signal,
      },
      services,
    );
  });
  if (result.outcome === 'no-backup')
    logger.info('nothing to restore, waiting for the application to make the database');
  if (result.outcome === 'restored') {
    const { txid, sizeBytes, durationMs, replica } = result;
    logger.info('restored the database', {
      txid,
      replica: replica.name,
      sizeBytes,
      durationMs: Math.round(durationMs),
    });
  }
  return result.outcome === 'restored';
}
