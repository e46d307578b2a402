import { defaultSyncIntervalMs } from '../../config/defaults.ts';
import { replicaAt } from '../../config/directory-databases.ts';
import type { ReplicaConfig } from '../../config/normal-config.ts';
import type { NamedReplica } from '../../engine/restore/restore-options.ts';
import { openReplica } from '../../replica/open-replica.ts';
import { parseReplicaUrl } from '../../replica/replica-url.ts';
import { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import { ServiceError } from '../service-error.ts';

/** One place that a database is copied to. */
export interface ReplicaOptions {
  /** `file:///backup/app.db`, or the path of a directory; relative paths start at the working directory. */
  readonly url: string;
  /** What it is called in results and errors. Default: `file`, `file-2`, `file-3` ... */
  readonly name?: string | undefined;
  /** At most one upload per interval while changes keep coming. Only replication asks. Default 1000. */
  readonly syncIntervalMs?: number | undefined;
}

export type Replica = string | ReplicaOptions;

/** One replica or several of the same database. */
export type Replicas = Replica | readonly Replica[];

/** Throws ReplicaError `invalid-url` or `unsupported`, and ServiceError `invalid-option` when there is none or names repeat. */
export function replicaConfigs(replicas: Replicas): ReplicaConfig[] {
  const list = isList(replicas) ? replicas : [replicas];
  if (list.length === 0) throw new ServiceError('invalid-option', 'Cannot use replicas: there is none');
  const configs = list.map(replicaConfig);
  const names = new Set(configs.map(({ name }) => name));
  if (names.size < configs.length) {
    const all = configs.map(({ name }) => name).join(', ');
    throw new ServiceError('invalid-option', `Cannot use replicas: two of them have one name (${all})`);
  }
  return configs;
}

/** Opens replicas, and closes them when `use` is done. */
export async function withReplicas<T>(
  replicas: Replicas,
  services: { readonly logger: Logger },
  use: (replicas: readonly NamedReplica[]) => Promise<T>,
): Promise<T> {
  const opened = openReplicas(replicas, services);
  try {
    return await use(opened);
  } finally {
    await closeReplicas(opened);
  }
}

/** Touches none of them. To be closed with `closeReplicas`. */
export function openReplicas(replicas: Replicas, { logger }: { readonly logger: Logger }): readonly NamedReplica[] {
  const services = { durableFiles: new DurableFiles(), logger };
  return replicaConfigs(replicas).map(({ name, type, path }) => {
    return { name, client: openReplica({ type, path }, services) };
  });
}

export async function closeReplicas(replicas: readonly NamedReplica[]): Promise<void> {
  for (const { client } of replicas) await client.close();
}

function replicaConfig(replica: Replica, index: number): ReplicaConfig {
  const options: ReplicaOptions = typeof replica === 'string' ? { url: replica } : replica;
  const { url, name = index === 0 ? 'file' : `file-${index + 1}`, syncIntervalMs = defaultSyncIntervalMs } = options;
  return { ...replicaAt(parseReplicaUrl(url).path, syncIntervalMs), name };
}

function isList(replicas: Replicas): replicas is readonly Replica[] {
  return Array.isArray(replicas);
}
