import { defaultAutoRecover, defaultSyncIntervalMs } from '../../config/defaults.ts';
import { replicaAt, replicaName } from '../../config/directory-databases.ts';
import type { ReplicaConfig } from '../../config/normal-config.ts';
import type { NamedReplica } from '../../engine/restore/restore-options.ts';
import { parseReplicaUrl } from '../../replica/replica-url.ts';
import type { S3Settings } from '../../replica/s3/s3-location.ts';
import { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import { withOpenReplicas } from '../named-replicas.ts';
import { ServiceError } from '../service-error.ts';

/** One place that a database is copied to. */
export interface ReplicaOptions {
  /** `s3://bucket/app.db`, `file:///backup/app.db`, or the path of a directory; relative paths start at the working directory. */
  readonly url: string;
  /** What is better not part of an S3 URL, such as credentials. Default: the chain of the AWS SDK. */
  readonly s3?: S3Options | undefined;
  /** What it is called in results and errors. Default: by its type, `file`, `s3`, `s3-2`, `s3-3` ... */
  readonly name?: string | undefined;
  /** At most one upload per interval while changes keep coming. Only replication asks. Default 1000. */
  readonly syncIntervalMs?: number | undefined;
  /** Delete everything in it and begin it anew when its files are broken. Only replication asks. Default false. */
  readonly autoRecover?: boolean | undefined;
}

/** Settings beside an S3 URL; they go before what stands in it. */
export type S3Options = Omit<S3Settings, 'bucket' | 'path'>;

export type Replica = string | ReplicaOptions;

/** One replica or several of the same database. */
export type Replicas = Replica | readonly Replica[];

/** Throws ReplicaError `invalid-url` or `unsupported`, and ServiceError `invalid-option` when there is none or names repeat. */
export function replicaConfigs(replicas: Replicas): ReplicaConfig[] {
  const list = isList(replicas) ? replicas : [replicas];
  if (list.length === 0) throw new ServiceError('invalid-option', 'Cannot use replicas: there is none');
  const options = list.map((replica): ReplicaOptions => (typeof replica === 'string' ? { url: replica } : replica));
  const locations = options.map(({ url, s3 }) => parseReplicaUrl(url, { s3 }));
  const configs = options.map(
    ({ name, syncIntervalMs = defaultSyncIntervalMs, autoRecover = defaultAutoRecover }, index) => {
      return {
        ...replicaAt(locations[index]!, syncIntervalMs),
        name: name ?? replicaName(locations, index),
        autoRecover,
      };
    },
  );
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
  { logger }: { readonly logger: Logger },
  use: (replicas: readonly NamedReplica[]) => Promise<T>,
): Promise<T> {
  return withOpenReplicas(replicaConfigs(replicas), { durableFiles: new DurableFiles(), logger }, use);
}

function isList(replicas: Replicas): replicas is readonly Replica[] {
  return Array.isArray(replicas);
}
