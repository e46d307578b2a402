import * as z from 'zod';
import { maxCompactionLevels } from '../../engine/levels/level-settings.ts';
import { databaseSchema, snapshotSchema } from './database.ts';
import { later } from './later.ts';
import { leaseSchema } from './lease.ts';
import { globalReplicaSettings } from './replica.ts';
import {
  choice,
  count,
  duration,
  durationOfAtLeast,
  fileMode,
  httpUrl,
  listenAddress,
  positiveDuration,
  size,
  text,
  toggle,
  token,
} from './scalar.ts';

const minuteMs = 60_000;
const isZero = (value: number) => value === 0;

export const configSchema = z.strictObject({
  ...globalReplicaSettings,
  dbs: z.array(databaseSchema).optional(),
  exec: text.optional(),
  logging: z
    .strictObject({
      level: choice(['trace', 'debug', 'info', 'warn', 'warning', 'error']).optional(),
      type: choice(['text', 'json', 'pretty']).optional(),
      stderr: toggle.optional(),
      source: toggle.optional(),
    })
    .optional(),
  'shutdown-sync-timeout': duration.optional(),
  'shutdown-sync-interval': positiveDuration.optional(),
  'switch-to-wal': toggle.optional(),
  workers: count(1).optional(),
  'store-calls-per-second': count(0).optional(),

  addr: listenAddress.optional(),
  'ready-max-lag': positiveDuration.optional(),
  'mcp-addr': listenAddress.optional(),
  'mcp-token': token.optional(),
  'mcp-allow-changes': toggle.optional(),
  'heartbeat-url': httpUrl.optional(),
  'heartbeat-interval': durationOfAtLeast(minuteMs, 'a duration of at least 1m').optional(),
  socket: z
    .strictObject({
      enabled: toggle.optional(),
      path: text.optional(),
      permissions: fileMode.optional(),
    })
    .optional(),
  levels: z
    .array(z.strictObject({ interval: positiveDuration }))
    .superRefine((levels, context) => {
      if (levels.length <= maxCompactionLevels) return;
      const message = `has ${levels.length} entries, at most ${maxCompactionLevels} are possible`;
      context.addIssue({ code: 'custom', message });
    })
    .optional(),
  snapshot: snapshotSchema.optional(),
  'l0-retention': duration.optional(),
  'l0-retention-check-interval': positiveDuration.optional(),
  retention: z.strictObject({ enabled: toggle.optional() }).optional(),
  'verify-compaction': toggle.optional(),
  validation: z.strictObject({ interval: later(duration, isZero).optional() }).optional(),
  lease: leaseSchema.optional(),
  'park-after': duration.optional(),
  'databases-at-once': count(1).optional(),
  'upload-bytes-per-second': later(size, isZero).optional(),
  dashboard: z.strictObject({ addr: listenAddress.optional(), token: token.optional() }).optional(),
});

/** A config file after checking: durations in milliseconds, sizes in bytes, nothing filled in. */
export type ConfigFile = z.output<typeof configSchema>;
export type DatabaseEntry = NonNullable<ConfigFile['dbs']>[number];
