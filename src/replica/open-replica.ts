import type { DurableFiles } from '../runtime/durable-files.ts';
import type { Logger } from '../runtime/logger.ts';
import { FileReplicaClient } from './file/file-replica-client.ts';
import type { ReplicaClient } from './replica-client.ts';
import { ReplicaError } from './replica-error.ts';
import { isReplicaUrl, notAvailable, parseReplicaUrl, type ReplicaLocation } from './replica-url.ts';

/** A replica as a config file spells it: a URL, or a type and what that type needs. */
export interface ReplicaSettings {
  readonly url?: string | undefined;
  /** Default: `file`. */
  readonly type?: string | undefined;
  readonly path?: string | undefined;
}

export interface ReplicaServices {
  readonly durableFiles: DurableFiles;
  readonly logger: Logger;
}

/** Makes the client of a replica, without touching the replica itself. The caller closes it. */
export function openReplica(replica: string | ReplicaSettings, services: ReplicaServices): ReplicaClient {
  const location = typeof replica === 'string' ? parseReplicaUrl(replica) : locationOf(replica);
  return new FileReplicaClient({ path: location.path }, services);
}

function locationOf({ url, type, path }: ReplicaSettings): ReplicaLocation {
  if (url !== undefined) {
    if (path !== undefined) throw invalid('it has both a url and a path', 'Write the path as part of the url');
    return parseReplicaUrl(url);
  }
  if (type !== undefined && type !== 'file') throw notAvailable(type, path ?? 'without a path');
  if (path === undefined || path === '') throw invalid('it has neither a url nor a path', 'Give it a path');
  if (isReplicaUrl(path)) throw invalid('its path is a URL', 'Write it as url instead of path');
  return parseReplicaUrl(path);
}

function invalid(state: string, hint: string): ReplicaError {
  return new ReplicaError('invalid-url', `Cannot open replica: ${state}`, { hint });
}
