import type { DatabaseConfig } from '../../config/normal-config.ts';
import { formatTable } from './table.ts';

/** Databases as Litestream's JSON lists them; `replicas` and `meta_path` are ours. */
export function databaseRecords(databases: readonly DatabaseConfig[]) {
  return databases.map(({ path, metaPath, replicas }) => ({
    path,
    replica: replicas[0]?.location.type,
    meta_path: metaPath,
    replicas: replicas.map(({ name, location, url }) => ({ name, type: location.type, url })),
  }));
}

/** Databases as Litestream prints them: a line for each replica. */
export function databaseTable(databases: readonly DatabaseConfig[]): string {
  const rows = databases.flatMap(({ path, replicas }) =>
    replicas.map(({ location, url }) => [path, location.type, url]),
  );
  return formatTable(['path', 'replica', 'url'], rows);
}
