import { ReplicaError } from '../replica/replica-error.ts';
import type { ReplicaLocation } from '../replica/replica-location.ts';
import { isReplicaUrl as hasReplicaScheme, parseReplicaUrl, type ReplicaUrlOptions } from '../replica/replica-url.ts';
import { ConfigError } from './config-error.ts';

/** Every type of replica that Litestream has. This version serves the first two. */
export const replicaTypes = ['file', 's3', 'gs', 'abs', 'sftp', 'webdav', 'nats', 'oss'] as const;

/** Whether a text is a replica URL and not a path. `sqlite://` and `sqlite3://` mark database paths. */
export function isReplicaUrl(text: string): boolean {
  return hasReplicaScheme(text) && !/^sqlite3?:\/\//.test(text);
}

/** The replica type of a URL, which is its scheme but for `webdavs`. */
export function replicaTypeOf(url: string): string {
  const scheme = url.slice(0, url.indexOf(':')).toLowerCase();
  return scheme === 'webdavs' ? 'webdav' : scheme;
}

/** What a replica URL names. Throws a ConfigError: `not-supported` for the types to come, else `usage`. */
export function locationOfUrl(url: string, options?: ReplicaUrlOptions): ReplicaLocation {
  return asConfigError(() => parseReplicaUrl(url, options));
}

/** Runs what throws ReplicaErrors and lets it throw ConfigErrors. */
export function asConfigError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ReplicaError)) throw error;
    const code = error.code === 'unsupported' ? 'not-supported' : 'usage';
    throw new ConfigError(code, error.message, { cause: error, hint: error.hint });
  }
}
