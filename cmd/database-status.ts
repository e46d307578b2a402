import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseConfig, ReplicaConfig } from '../src/config/normal-config.ts';
import { parseLtxFileName } from '../src/format/ltx/file-name.ts';
import { formatTxid, noTxid, type Txid } from '../src/format/ltx/txid.ts';
import { levelPath } from '../src/replica/directory-layout.ts';
import { messageOf, systemErrorCode } from '../src/runtime/typed-error.ts';
import { newestFile, withReplica } from '../src/service/replica-files.ts';
import type { LeaseReader, ReplicaLease } from './replica-lease.ts';

export interface ReplicaStatus {
  readonly name: string;
  readonly url: string;
  readonly txid?: string | undefined;
  /** The time of the newest file, from its header. */
  readonly shippedMs?: number | undefined;
  /** Why the replica could not be read. */
  readonly error?: string | undefined;
  readonly lease?: ReplicaLease | undefined;
}

export interface DatabaseStatus {
  readonly database: string;
  readonly state: 'ok' | 'not initialized' | 'no database' | 'error';
  readonly localTxid: string | undefined;
  readonly walBytes: number | undefined;
  readonly replicas: readonly ReplicaStatus[];
  /** The newest moment that any of the replicas holds. */
  readonly newest: { readonly txid: string; readonly shippedMs: number } | undefined;
}

/** Reads names, sizes and file headers only. The database and its WAL are never opened: somebody may hold locks on them. */
export async function databaseStatus(database: DatabaseConfig, leases: LeaseReader): Promise<DatabaseStatus> {
  const exists = (await sizeOf(database.path)) !== undefined;
  const replicas = await Promise.all(
    database.replicas.map(async (replica, i) => {
      const status = await replicaStatus(replica);
      return status.error === undefined ? { ...status, lease: await leases.read(database, i) } : status;
    }),
  );
  const dated = replicas.flatMap(({ txid, shippedMs }) =>
    txid === undefined || shippedMs === undefined ? [] : [{ txid, shippedMs }],
  );
  const newest = dated.sort((left, right) => right.shippedMs - left.shippedMs)[0];
  const local = await localTxid(database.metaPath);
  const initialized = local === noTxid ? 'not initialized' : 'ok';
  return {
    database: database.path,
    state: exists ? (local === undefined ? 'error' : initialized) : 'no database',
    localTxid: exists && local !== undefined && local !== noTxid ? formatTxid(local) : undefined,
    walBytes: exists ? ((await sizeOf(`${database.path}-wal`)) ?? 0) : undefined,
    replicas,
    newest,
  };
}

async function replicaStatus(replica: ReplicaConfig): Promise<ReplicaStatus> {
  const { name, url } = replica;
  try {
    const file = await withReplica(replica, newestFile);
    if (file === undefined) return { name, url };
    return { name, url, txid: formatTxid(file.maxTxid), shippedMs: file.timestampMs };
  } catch (error) {
    return { name, url, error: messageOf(error) };
  }
}

/** The newest TXID captured; undefined when the directory cannot be read. */
async function localTxid(metaPath: string): Promise<Txid | undefined> {
  let newest = noTxid;
  try {
    for (const name of await readdir(join(metaPath, levelPath(0)))) {
      const range = parseLtxFileName(name);
      if (range !== undefined && range.maxTxid > newest) newest = range.maxTxid;
    }
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') return undefined;
  }
  return newest;
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' || systemErrorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
