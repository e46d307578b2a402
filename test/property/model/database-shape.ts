import { defaultLevelSettings } from '../../../src/engine/levels/level-settings.ts';
import type { Random } from '../../support/random.ts';
import type { SidecarOptions } from '../../support/sidecar-options.ts';
import type { WriterOptions } from '../../support/writer.ts';

/** What one schedule keeps from its beginning to its end. */
export interface DatabaseShape {
  readonly pageSizeBytes: number;
  readonly autoVacuum: 'NONE' | 'FULL' | 'INCREMENTAL';
  readonly writer: WriterOptions;
  readonly sidecar: Omit<SidecarOptions, 'databases'>;
  readonly replicaCount: number;
}

export function randomShape(random: Random): DatabaseShape {
  return {
    pageSizeBytes: random.pick([512, 1_024, 4_096, 4_096, 8_192, 65_536]),
    autoVacuum: random.pick(['NONE', 'FULL', 'INCREMENTAL']),
    writer: {
      synchronous: random.pick(['NORMAL', 'FULL', 'OFF']),
      timeoutMs: 5_000,
      setUp: [
        `PRAGMA cache_size = ${random.pick([5, 50])}`,
        `PRAGMA wal_autocheckpoint = ${random.pick([0, 20, 1_000])}`,
      ],
    },
    sidecar: {
      // Level 0 is kept whatever the clock does: every state that was shipped is asked for.
      settings: {
        levels: { ...defaultLevelSettings, isRetentionEnabled: false },
        syncIntervalMs: random.pick([1, 20, 1_000]),
        monitorIntervalMs: 20,
        minCheckpointPageCount: random.pick([5, 50, 1_000]),
        checkpointIntervalMs: random.pick([200, 60_000]),
        truncatePageCount: random.pick([0, 50, 121_359]),
      },
      watched: random.chance(0.8),
    },
    replicaCount: random.chance(0.2) ? 2 : 1,
  };
}

export function describeShape({ pageSizeBytes, autoVacuum, writer, sidecar, replicaCount }: DatabaseShape): string {
  return JSON.stringify({ pageSizeBytes, autoVacuum, writer, sidecar, replicaCount });
}
