import { defaultLevelSettings } from '../engine/levels/level-settings.ts';
import type { DatabaseSettings, NormalConfig, SocketConfig } from './normal-config.ts';

/** Litestream's values, but for `switchToWal`, which is ours. */
export const defaultSettings: DatabaseSettings = {
  monitorIntervalMs: 1000,
  checkpointIntervalMs: 60_000,
  minCheckpointPageCount: 1000,
  truncatePageCount: 121_359,
  maxSyncWalBytes: 64 * 1024 * 1024,
  restoreIfDbNotExists: false,
  switchToWal: true,
  lease: { mode: 'auto', ttlMs: 30_000, owner: undefined },
  levels: defaultLevelSettings,
};

/** Of a control socket that is switched on. */
export const defaultSocket: SocketConfig = { path: '/var/run/litestream.sock', permissions: 0o600 };

export const defaultHeartbeatIntervalMs = 300_000;
export const defaultSyncIntervalMs = 1000;
export const defaultAutoRecover = false;

/** The configuration without a file: no databases, and workers for all processors but one. */
export function defaultConfig(processorCount: number): NormalConfig {
  return {
    databases: [],
    directories: [],
    exec: undefined,
    socket: undefined,
    metricsAddress: undefined,
    readyMaxLagMs: 60_000,
    dashboard: undefined,
    mcp: undefined,
    heartbeat: undefined,
    logging: { level: 'info', type: 'text', stream: 'stderr', source: false },
    shutdownSyncTimeoutMs: 30_000,
    shutdownSyncIntervalMs: 500,
    workers: Math.max(1, processorCount - 1),
    storeCallsPerSecond: 30,
    parkAfterMs: 0,
    databasesAtOnce: 16,
  };
}
