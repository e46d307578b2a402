import type { DatabaseStatus } from '../../engine/replicator/database-status.ts';

/** A database about which nothing is known yet. */
export function waitingStatus(path: string, error?: string): DatabaseStatus {
  const nothing = { txid: undefined, timestampMs: undefined, idle: false, readerInTheWay: false };
  return { path, state: 'waiting', ...nothing, error, replicas: [] };
}
