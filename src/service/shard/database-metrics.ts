import { statSync } from 'node:fs';
import type { DatabaseCounters, DatabaseCounts } from '../../engine/database-counters.ts';

/** What is measured of a database, beyond its status. Plain data, so that it can be sent between processes. */
export interface DatabaseMetrics {
  readonly path: string;
  readonly counts: DatabaseCounts;
  /** Undefined while the file is not there. */
  readonly sizeBytes: number | undefined;
  readonly walBytes: number | undefined;
}

export function databaseMetrics(path: string, counters: DatabaseCounters): DatabaseMetrics {
  return { path, counts: counters.snapshot(), sizeBytes: sizeOf(path), walBytes: sizeOf(`${path}-wal`) };
}

/** A look at the name opens nothing, so no lock is lost. */
function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
