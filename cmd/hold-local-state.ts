import type { DatabaseConfig } from '../src/config/normal-config.ts';
import { silentLogger } from '../src/runtime/logger.ts';
import { holdDatabase } from '../src/service/hold-database.ts';

/**
 * Keeps every other process away from the local state of a database until disposed of; rejects when one is at work there,
 * naming it. The replicating process holds the same lock, so local state is never removed under it.
 */
export async function holdLocalState(database: DatabaseConfig): Promise<AsyncDisposable> {
  const lock = await holdDatabase('reset', database, { logger: silentLogger });
  return { [Symbol.asyncDispose]: () => lock.release() };
}
