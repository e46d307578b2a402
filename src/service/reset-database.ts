import { diskDirectoryReader } from '../config/disk-directory-reader.ts';
import type { DatabaseConfig } from '../config/normal-config.ts';
import type { Logger } from '../runtime/logger.ts';
import { localStateEntries, removeLocalState } from './local-state.ts';
import { ServiceError } from './service-error.ts';

/** What makes up the local state of a database, and whether it has a meta directory at all. */
export interface LocalState {
  readonly entries: readonly string[];
  readonly hasDirectory: boolean;
}

/** What `resetDatabase` would remove. Throws ServiceError `unavailable` when there is no such database. */
export async function localStateOf({ path, metaPath }: DatabaseConfig): Promise<LocalState> {
  if ((await diskDirectoryReader.kind(path)) === 'missing') {
    throw new ServiceError('unavailable', `Cannot reset ${path}: the database does not exist`);
  }
  const entries = await localStateEntries(metaPath);
  return { entries: entries ?? [], hasDirectory: entries !== undefined };
}

/**
 * Removes the local state of a database. Throws ServiceError `in-use` while any process, this one too, replicates it: that
 * process holds the same lock, so local state is never removed under it.
 */
export async function resetDatabase(
  database: DatabaseConfig,
  { entries }: LocalState,
  services: { readonly logger: Logger },
): Promise<void> {
  const { holdDatabase } = await import('./hold-database.ts');
  const lock = await holdDatabase('reset', database, services);
  try {
    await removeLocalState(database.metaPath, entries);
  } finally {
    await lock.release();
  }
}

/** What was done, in a sentence. */
export function resetText({ path, metaPath }: DatabaseConfig, { entries, hasDirectory }: LocalState): string {
  if (entries.length > 0)
    return `Removed the local state of ${path} in ${metaPath}. The next replicate starts anew; where the replica lacks changes, it asks for -adopt.`;
  return `No local state of ${path}: ${metaPath} ${hasDirectory ? 'holds none' : 'does not exist'}`;
}
