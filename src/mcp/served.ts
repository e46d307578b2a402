import type { DatabaseConfig, ReplicaConfig } from '../config/normal-config.ts';
import { isReplicaUrl, locationOfUrl } from '../config/replica-url.ts';
import { locationUrl } from '../replica/replica-location.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Store } from '../service/store/store.ts';
import { ToolError } from './tool-error.ts';

/** The running process, as far as tools tell of it and may change it. */
export interface Served {
  readonly store: Pick<Store, 'config' | 'configs' | 'status' | 'halt' | 'resume'>;
  readonly version: string;
  readonly startedAtMs: number;
  readonly configPath: string;
  readonly logger: Logger;
  /** A path as people write it, made absolute. Throws ConfigError. */
  resolvePath(path: string): string;
}

/** What a word that is a database path or a replica URL stands for. */
export interface ServedReplicas {
  readonly database: DatabaseConfig;
  /** All of the database's, or the one that was named. */
  readonly replicas: readonly ReplicaConfig[];
}

/** Litestream's tools read any config file. A client may name that of the process, and no other file of the machine. */
export function requireOwnConfig(served: Served, config: string | undefined): void {
  if (config === undefined || served.resolvePath(config) === served.configPath) return;
  throw new ToolError('other-config', `Cannot use config ${config}: this process runs with ${served.configPath}`, {
    hint: 'leave config away',
  });
}

export function databaseAt(served: Served, given: string): DatabaseConfig {
  const path = served.resolvePath(given);
  const database = served.store.config(path);
  if (database !== undefined) return database;
  throw new ToolError('unknown', `Cannot find database ${path}: this process does not replicate it`, {
    hint: 'litestream_databases lists those that it does',
  });
}

/** Any other URL is refused: a client could have the process ask every server with its credentials. */
export function replicasAt(served: Served, word: string, name: string | undefined): ServedReplicas {
  const { database, replicas } = isReplicaUrl(word)
    ? replicaAtUrl(served, word)
    : allReplicas(databaseAt(served, word));
  if (name === undefined) return { database, replicas };
  const named = replicas.filter((replica) => replica.name === name);
  if (named.length > 0) return { database, replicas: named };
  const names = replicas.map((replica) => replica.name).join(', ');
  throw new ToolError('unknown', `Cannot find replica ${name} of ${database.path}: its replicas are ${names}`);
}

function allReplicas(database: DatabaseConfig): ServedReplicas {
  return { database, replicas: database.replicas };
}

function replicaAtUrl({ store }: Served, url: string): ServedReplicas {
  const wanted = locationUrl(locationOfUrl(url, { s3Endpoint: undefined }));
  for (const database of store.configs) {
    const replica = database.replicas.find((candidate) => candidate.url === url || candidate.url === wanted);
    if (replica !== undefined) return { database, replicas: [replica] };
  }
  throw new ToolError('unknown', `Cannot read ${url}: it is no replica of a database of this process`, {
    hint: 'litestream_databases lists those that are; the commands litestream ltx and litestream restore read any',
  });
}
