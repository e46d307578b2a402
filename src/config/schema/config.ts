import * as z from 'zod';
import { maxCompactionLevels } from '../../engine/levels/level-settings.ts';
import { databaseSchema, snapshotSchema } from './database.ts';
import { key } from './key.ts';
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

const ours = true;

export const configSchema = z.strictObject({
  ...globalReplicaSettings,
  dbs: key(z.array(databaseSchema), 'the databases'),
  exec: key(text, 'a command that runs beside the replication; its end is the end, with its exit code'),
  logging: key(
    z.strictObject({
      level: key(
        choice(['trace', 'debug', 'info', 'warn', 'warning', 'error']),
        'what is logged; trace is the same as debug, warning as warn; $LOG_LEVEL goes before it',
        { default: 'info' },
      ),
      type: key(choice(['text', 'json', 'pretty']), 'the form of log lines; pretty is the same as text', {
        default: 'text',
      }),
      stderr: key(toggle, 'false: replicate logs to standard output', { default: true }),
      source: key(toggle, 'each line names the place in the source that wrote it', { default: false }),
    }),
    'log lines',
  ),
  'shutdown-sync-timeout': key(duration, 'how long a stop tries to ship what is left', { default: '30s' }),
  'shutdown-sync-interval': key(positiveDuration, 'how often it tries', { default: '500ms' }),
  'switch-to-wal': key(toggle, 'switch-to-wal of every database that does not say it', { default: true, ours }),
  workers: key(count(1), 'processes that share the databases', {
    otherwise: 'one less than the processors, at least 1',
    ours,
  }),
  'store-calls-per-second': key(count(0), 'most requests to stores, but for short bursts; 0: no limit', {
    default: 30,
    ours,
  }),

  addr: key(listenAddress, 'where /metrics, /healthz and /readyz are served', { otherwise: 'nowhere' }),
  'ready-max-lag': key(positiveDuration, '/readyz says no when a replica has lacked something for longer', {
    default: '1m',
    ours,
  }),
  'mcp-addr': key(listenAddress, 'where tools for language models are served; without a host on this machine alone', {
    otherwise: 'nowhere',
  }),
  'mcp-token': key(token, 'what a client of mcp-addr has to send; needed where other machines reach it', { ours }),
  'mcp-allow-changes': key(toggle, 'whether those tools may change anything', { default: false, ours }),
  'heartbeat-url': key(httpUrl, 'asked at every interval as long as everything is shipped', { otherwise: 'nobody' }),
  'heartbeat-interval': key(durationOfAtLeast(minuteMs, 'a duration of at least 1m'), 'how often it is asked', {
    default: '5m',
  }),
  socket: key(
    z.strictObject({
      enabled: key(toggle, 'whether the process can be asked and told', { default: false }),
      path: key(text, 'where the socket lies', { default: '/var/run/litestream.sock' }),
      permissions: key(fileMode, 'who may use it', { default: '0600' }),
    }),
    'the control socket',
  ),
  levels: key(
    z
      .array(z.strictObject({ interval: positiveDuration.describe('how often the level takes in the one below') }))
      .superRefine((levels, context) => {
        if (levels.length <= maxCompactionLevels) return;
        const message = `has ${levels.length} entries, at most ${maxCompactionLevels} are possible`;
        context.addIssue({ code: 'custom', message });
      }),
    'levels 1, 2, 3 ..., at most 8',
    { otherwise: '30s, 5m, 1h' },
  ),
  snapshot: key(snapshotSchema, 'snapshots of every database that does not say it'),
  'l0-retention': key(duration, 'so long every transaction can be restored; 0s: level 0 is never deleted', {
    default: '5m',
  }),
  'l0-retention-check-interval': key(positiveDuration, 'how often level 0 is thinned out', { default: '15s' }),
  retention: key(
    z.strictObject({ enabled: key(toggle, 'false: nothing is deleted from replicas', { default: true }) }),
    'deleting from replicas',
  ),
  'verify-compaction': key(toggle, 'read each merged file back', { default: false }),
  validation: key(
    z.strictObject({ interval: key(later(duration, isZero), 'how often replicas are validated') }),
    'validation of replicas',
  ),
  lease: key(leaseSchema, 'who may write a replica, for every database that does not say it', { ours }),
  'park-after': key(duration, 'how long without a change until a database is let go of; 0s: never', {
    default: '0s',
    ours,
  }),
  'databases-at-once': key(count(1), 'how many databases of a process start or stop at a time', { default: 16, ours }),
  'upload-bytes-per-second': key(later(size, isZero), 'most bytes sent to stores', { ours }),
  dashboard: key(
    z.strictObject({
      addr: key(listenAddress, 'where the page is served; without a host on this machine alone', {
        otherwise: 'nowhere',
        ours,
      }),
      token: key(token, 'what a browser has to give; needed where other machines reach it', { ours }),
    }),
    'the page of the databases',
    { ours },
  ),
});

/** A config file after checking: durations in milliseconds, sizes in bytes, nothing filled in. */
export type ConfigFile = z.output<typeof configSchema>;
export type DatabaseEntry = NonNullable<ConfigFile['dbs']>[number];
