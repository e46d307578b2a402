import type { DatabaseConfig } from '../config/normal-config.ts';
import type { DatabaseStatus } from '../engine/replicator/database-status.ts';
import { noTxid, type Txid } from '../format/ltx/txid.ts';
import { TimeLimit } from '../runtime/time-limit.ts';
import type { Store } from '../service/store/store.ts';
import {
  controlRoutes,
  type InfoAnswer,
  type ListAnswer,
  type ListedDatabase,
  type RegisterAnswer,
  type StartAnswer,
  type StopAnswer,
  type SyncAnswer,
  type TxidAnswer,
  type UnregisterAnswer,
} from './control-messages.ts';
import { databaseRequest, registerRequest, syncRequest } from './control-requests.ts';
import { HttpError, type Routes } from './json-server.ts';

/** What of the program is controlled. */
export interface Controlled {
  readonly store: Pick<Store, 'paths' | 'status' | 'sync' | 'add' | 'remove' | 'halt' | 'resume'>;
  readonly version: string;
  readonly startedAtMs: number;
  /** A path as people write it, made absolute. Throws ConfigError. */
  resolvePath(path: string): string;
  /** What a database named at run time is replicated with. Throws ConfigError. */
  databaseConfig(path: string, replicaUrl: string): DatabaseConfig;
}

/** Litestream's routes of the control socket. */
export function controlRoutesOf(controlled: Controlled): Routes {
  const { store } = controlled;
  return {
    [controlRoutes.info]: async (): Promise<InfoAnswer> => ({
      version: controlled.version,
      pid: process.pid,
      uptime_seconds: Math.floor((Date.now() - controlled.startedAtMs) / 1000),
      started_at: new Date(controlled.startedAtMs).toISOString(),
      database_count: store.paths.length,
    }),

    [controlRoutes.list]: async (): Promise<ListAnswer> => ({ databases: (await store.status()).map(listed) }),

    [controlRoutes.txid]: async ({ query }): Promise<TxidAnswer> => {
      const { path } = databaseRequest.parse({ path: query.get('path') ?? undefined });
      return { txid: Number((await known(controlled, path)).txid ?? noTxid) };
    },

    [controlRoutes.register]: async ({ body }): Promise<RegisterAnswer> => {
      const { path: given, replica_url: url } = registerRequest.parse(body);
      const path = controlled.resolvePath(given);
      if (store.paths.includes(path)) return { status: 'already_registered', path };
      await store.add(controlled.databaseConfig(path, url));
      return { status: 'registered', path };
    },

    [controlRoutes.unregister]: async ({ body, signal }): Promise<UnregisterAnswer> => {
      const { path: given, timeout } = databaseRequest.parse(body);
      const path = controlled.resolvePath(given);
      if (!store.paths.includes(path)) return { status: 'already_unregistered', path, txid: 0 };
      const { txid } = await within(timeout, signal, () => store.remove(path));
      return { status: 'unregistered', path, txid: Number(txid ?? noTxid) };
    },

    [controlRoutes.start]: async ({ body, signal }): Promise<StartAnswer> => {
      const { path, timeout } = databaseRequest.parse(body);
      const before = await known(controlled, path);
      const isRunning = before.state !== 'stopped';
      if (!isRunning) await within(timeout, signal, () => store.resume(before.path));
      const txid = Number(before.txid ?? noTxid);
      return { status: isRunning ? 'already_running' : 'started', path: before.path, txid };
    },

    [controlRoutes.stop]: async ({ body, signal }): Promise<StopAnswer> => {
      const { path, timeout } = databaseRequest.parse(body);
      const before = await known(controlled, path);
      const wasStopped = before.state === 'stopped';
      const { txid } = wasStopped ? before : await within(timeout, signal, () => store.halt(before.path));
      return { status: wasStopped ? 'already_stopped' : 'stopped', path: before.path, txid: Number(txid ?? noTxid) };
    },

    [controlRoutes.sync]: async ({ body, signal }): Promise<SyncAnswer> => {
      const { path: given, wait, timeout } = syncRequest.parse(body);
      const before = await known(controlled, given);
      const { path } = before;
      if (before.state === 'stopped')
        throw new HttpError(409, `database not open: ${path}`, 'litestream start begins again');
      const reach = wait ? 'replicas' : 'local-files';
      const txid = await within(timeout, signal, (ended) => store.sync(path, { reach, signal: ended }));
      const replicated = replicatedTxid(await known(controlled, path));
      const changed = txid !== before.txid || (wait && replicatedTxid(before) < txid);
      const status = changed ? (wait ? 'synced' : 'synced_local') : 'no_change';
      return { status, path, txid: Number(txid), replicated_txid: Number(replicated) };
    },
  };
}

async function known({ store, resolvePath }: Controlled, given: string): Promise<DatabaseStatus> {
  const path = resolvePath(given);
  const status = (await store.status()).find((database) => database.path === path);
  if (status !== undefined) return status;
  throw new HttpError(404, `database not found: ${path}`, 'litestream list shows those that are replicated');
}

/** What is not done in time may go on; `ended` tells what can be given up. */
async function within<T>(seconds: number, closed: AbortSignal, work: (ended: AbortSignal) => Promise<T>): Promise<T> {
  using limit = new TimeLimit(seconds * 1000, closed);
  const late = new Promise<never>((_, reject) => {
    const say = () =>
      reject(
        closed.aborted
          ? new HttpError(500, 'the process is stopping')
          : new HttpError(500, `not done within ${seconds} s`, lateHint),
      );
    limit.signal.addEventListener('abort', say, { once: true });
  });
  return await Promise.race([work(limit.signal), late]);
}

const lateHint = 'it may still be done; litestream list shows how far it is';

function listed(status: DatabaseStatus): ListedDatabase {
  const { path, txid, error, replicas } = status;
  const times = replicas.map(({ timestampMs }) => timestampMs);
  const syncedMs = times.length === 0 || times.includes(undefined) ? undefined : Math.min(...(times as number[]));
  return {
    path,
    status: listedState(status),
    last_sync_at: syncedMs === undefined ? undefined : new Date(syncedMs).toISOString(),
    txid: txidNumber(txid),
    error,
    replicas: replicas.map((replica) => ({
      name: replica.name,
      url: replica.url,
      state: replica.state,
      txid: txidNumber(replica.txid),
      error: replica.error,
    })),
  };
}

/** A database whose lease another host has taken is followed on, in case the lease comes back, and nothing of it is sent. */
function listedState({ state, lease }: DatabaseStatus): ListedDatabase['status'] {
  if (state === 'replicating' && lease?.kind === 'standby') return 'standby';
  return state === 'parked' ? 'replicating' : state;
}

function txidNumber(txid: Txid | undefined): number | undefined {
  return txid === undefined ? undefined : Number(txid);
}

function replicatedTxid({ replicas }: DatabaseStatus): bigint {
  const txids = replicas.map(({ txid }) => txid ?? noTxid);
  return txids.reduce<bigint>((least, txid) => (txid < least ? txid : least), txids[0] ?? noTxid);
}
