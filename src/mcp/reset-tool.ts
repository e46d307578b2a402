import * as z from 'zod';
import type { DatabaseConfig } from '../config/normal-config.ts';
import type { DatabaseState } from '../engine/replicator/database-status.ts';
import { type LocalState, localStateOf, resetDatabase, resetText } from '../service/reset-database.ts';
import { configArgument, databaseArgument } from './arguments.ts';
import { databaseAt, requireOwnConfig, type Served } from './served.ts';
import { defineTool, type Tool } from './tool.ts';
import { ToolError } from './tool-error.ts';

/** Those that do not go on from their local state now. */
const resettable: ReadonlySet<DatabaseState | undefined> = new Set<DatabaseState>(['failed', 'stopped', 'waiting']);

export function resetTool(served: Served): Tool {
  return defineTool({
    name: 'litestream_reset',
    title: 'Reset local state',
    description:
      'Remove the local Litestream state of a database that failed or was stopped. Neither the database nor its replicas are touched. A database that differs from its newest backup is not replicated again until the operator runs replicate -adopt.',
    input: { ...databaseArgument, ...configArgument },
    output: { path: z.string(), removed: z.number().describe('How many entries of the meta directory are gone.') },
    changes: 'removes',
    async run({ path, config }) {
      requireOwnConfig(served, config);
      const database = databaseAt(served, path);
      const state = await resetAt(served, database);
      return { text: resetText(database, state), data: { path: database.path, removed: state.entries.length } };
    },
  });
}

async function resetAt({ store, logger }: Served, database: DatabaseConfig): Promise<LocalState> {
  const { path } = database;
  const { state } = (await store.status()).find((status) => status.path === path) ?? {};
  if (!resettable.has(state)) throw inUse(path, state);
  const act = async () => {
    const found = await localStateOf(database);
    logger.info('a client resets the local state of the database', { db: path });
    if (found.entries.length > 0) await resetDatabase(database, found, { logger });
    return found;
  };
  // A database that was stopped by `litestream stop` stays so.
  if (state === 'stopped') return act();
  await store.halt(path);
  try {
    return await act();
  } finally {
    await store.resume(path);
  }
}

/** Without its state a database cannot be told from another one as soon as its application has written to it. */
function inUse(path: string, state: DatabaseState | undefined): ToolError {
  return new ToolError('in-use', `Cannot reset ${path}: it is ${state}, and needs its local state to go on`, {
    hint: `to begin anew nevertheless: litestream stop ${path}, reset, litestream start ${path}`,
  });
}
