import { ConfigError } from './config-error.ts';
import type { DatabaseConfig } from './normal-config.ts';

/**
 * Refuses databases that would write over one another: the same database twice, a meta path or a replica path of two,
 * two replicas of one database in one place. `code` says whether the command line or a file is to blame.
 */
export function assertDistinct(databases: Iterable<DatabaseConfig>, code: 'usage' | 'conflict'): void {
  const paths = new Set<string>();
  const metaOwners = new Map<string, string>();
  const replicaOwners = new Map<string, string>();
  for (const { path, metaPath, replicas } of databases) {
    if (paths.has(path)) {
      throw new ConfigError(code, `Cannot replicate ${path}: it is listed twice`, { hint: 'list each database once' });
    }
    paths.add(path);
    claim(metaOwners, metaPath, path, 'meta path', code);
    for (const replica of replicas) claim(replicaOwners, replica.url, path, 'replica', code);
  }
}

function claim(
  owners: Map<string, string>,
  place: string,
  path: string,
  what: string,
  code: 'usage' | 'conflict',
): void {
  const owner = owners.get(place);
  owners.set(place, path);
  if (owner === undefined) return;
  const current = owner === path ? `two of its ${what}s are ${place}` : `both would use the ${what} ${place}`;
  throw new ConfigError(code, `Cannot replicate ${owner === path ? path : `${owner} and ${path}`}: ${current}`, {
    hint:
      code === 'usage'
        ? 'give the directory above them or a quoted glob, which keeps their folders apart'
        : `give each database a ${what} of its own`,
  });
}
