import { ReplicaError } from '../replica/replica-error.ts';
import { isReplicaUrl as hasReplicaScheme, parseReplicaUrl } from '../replica/replica-url.ts';
import { ConfigError } from './config-error.ts';

/** Every type of replica that Litestream has. This version serves `file`. */
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

/** The directory that a `file` URL names. Throws a ConfigError: `not-supported` for the types to come, else `usage`. */
export function pathOfReplicaUrl(url: string): string {
  try {
    return parseReplicaUrl(url).path;
  } catch (error) {
    if (!(error instanceof ReplicaError)) throw error;
    const code = error.code === 'unsupported' ? 'not-supported' : 'usage';
    throw new ConfigError(code, error.message, { cause: error, hint: error.hint });
  }
}

/** How a directory replica is named in messages. Not every path can be written as a URL, so it is opened by its path. */
export function urlOfReplicaPath(path: string): string {
  return `file://${path}`;
}
