import { DatabaseLock, type DatabaseLockServices } from '../engine/database-lock.ts';
import { EngineError } from '../engine/engine-error.ts';
import { defaultMetaPath } from '../engine/meta/meta-directory.ts';
import { requireSqlite } from './require-sqlite.ts';
import { ServiceError } from './service-error.ts';

/**
 * Keeps every other process from replicating a database until the lock is released. Throws ServiceError `in-use` naming
 * the holder when one does. `act` says what is to be done: `restore to`.
 */
export async function holdDatabase(
  act: string,
  { path, metaPath }: { readonly path: string; readonly metaPath: string },
  services: DatabaseLockServices,
): Promise<DatabaseLock> {
  await requireSqlite();
  try {
    return await DatabaseLock.acquire({ databasePath: path, metaPaths: [metaPath, defaultMetaPath(path)] }, services);
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'in-use') throw error;
    const holder = error.message.slice(error.message.indexOf(path) + path.length).replace(/^: /, '');
    throw new ServiceError('in-use', `Cannot ${act} ${path}: ${holder}`, { cause: error, hint: error.hint });
  }
}
