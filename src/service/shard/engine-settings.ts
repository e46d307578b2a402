import type { DatabaseConfig } from '../../config/normal-config.ts';
import type { DatabaseSettings } from '../../engine/database-settings.ts';

/** What the engine is told of a configured database. In the configuration 0 stands for "never" and "no limit". */
export function engineSettings(config: DatabaseConfig, { adopt }: { adopt: boolean }): DatabaseSettings {
  return {
    path: config.path,
    metaPath: config.metaPath,
    syncIntervalMs: Math.min(...config.replicas.map((replica) => replica.syncIntervalMs)),
    monitorIntervalMs: config.monitorIntervalMs,
    checkpointIntervalMs: limit(config.checkpointIntervalMs),
    minCheckpointPageCount: config.minCheckpointPageCount,
    truncatePageCount: limit(config.truncatePageCount),
    maxSyncWalBytes: limit(config.maxSyncWalBytes),
    switchToWal: config.switchToWal,
    levels: config.levels,
    adopt,
  };
}

function limit(value: number): number {
  return value === 0 ? Number.POSITIVE_INFINITY : value;
}
