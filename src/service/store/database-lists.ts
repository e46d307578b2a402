import type { DatabaseConfig } from '../../config/normal-config.ts';

/** A database that is named and found, or found twice, with the same replicas is one. */
export function withoutRepeats(databases: readonly DatabaseConfig[]): DatabaseConfig[] {
  const byPlace = new Map<string, DatabaseConfig>();
  for (const database of databases) {
    const place = [database.path, ...database.replicas.map(({ url }) => url)].join('\0');
    if (!byPlace.has(place)) byPlace.set(place, database);
  }
  return [...byPlace.values()];
}

export function byPath(databases: readonly DatabaseConfig[]): ReadonlyMap<string, DatabaseConfig> {
  return new Map(databases.map((database) => [database.path, database]));
}
