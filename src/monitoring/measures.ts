import { checkpointModes } from '../engine/database-counters.ts';
import { type DatabaseStatus, isReplicated, lagSeconds } from '../engine/replicator/database-status.ts';
import type { TrafficCount } from '../replica/traffic-count.ts';
import type { DatabaseMetrics } from '../service/shard/database-metrics.ts';

/** Everything that is measured at one moment. */
export interface Measured {
  readonly statuses: readonly DatabaseStatus[];
  readonly metrics: readonly DatabaseMetrics[];
  readonly traffic: readonly TrafficCount[];
  /** The wall clock. */
  readonly nowMs: number;
}

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

/** A metric and where its values come from. */
export interface Measure {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly labelNames: readonly string[];
  samples(measured: Measured): readonly Sample[];
}

/** Of each database, from its counts. */
function counted(
  type: Measure['type'],
  name: string,
  help: string,
  value: (metrics: DatabaseMetrics) => number | undefined,
): Measure {
  const samples = ({ metrics }: Measured) =>
    metrics.flatMap((of): Sample[] => {
      const number = value(of);
      return number === undefined ? [] : [[{ db: of.path }, number]];
    });
  return { type, name, help, labelNames: ['db'], samples };
}

/** Of each database, from its status. */
function stated(name: string, help: string, value: (status: DatabaseStatus) => number | undefined): Measure {
  const samples = ({ statuses }: Measured) =>
    statuses.flatMap((status): Sample[] => {
      const number = value(status);
      return number === undefined ? [] : [[{ db: status.path }, number]];
    });
  return { type: 'gauge', name, help, labelNames: ['db'], samples };
}

type ReplicaStatus = DatabaseStatus['replicas'][number];

/** Of each replica of each database. */
function replicated(
  name: string,
  help: string,
  value: (replica: ReplicaStatus, measured: Measured) => number | undefined,
): Measure {
  const samples = (measured: Measured) =>
    measured.statuses.flatMap(({ path, replicas }) =>
      replicas.flatMap((replica): Sample[] => {
        const number = value(replica, measured);
        return number === undefined ? [] : [[{ db: path, replica: replica.name }, number]];
      }),
    );
  return { type: 'gauge', name, help, labelNames: ['db', 'replica'], samples };
}

/** Of each database, by the mode of its checkpoints. */
function checkpoints(name: string, help: string, field: 'count' | 'errors' | 'seconds'): Measure {
  const samples = ({ metrics }: Measured) =>
    metrics.flatMap(({ path, counts }) =>
      checkpointModes.map((mode): Sample => [{ db: path, mode }, counts.checkpoints[mode][field]]),
    );
  return { type: 'counter', name, help, labelNames: ['db', 'mode'], samples };
}

/** Of all requests to stores, by type and operation. */
function requested(name: string, help: string, value: (count: TrafficCount) => number): Measure {
  const samples = ({ traffic }: Measured) => traffic.map((count): Sample => [labelsOf(count), value(count)]);
  return { type: 'counter', name, help, labelNames: ['replica_type', 'operation'], samples };
}

export function labelsOf({ replicaType, operation }: TrafficCount): Labels {
  return { replica_type: replicaType, operation };
}

const requestErrors: Measure = {
  type: 'counter',
  name: 'litestream_replica_operation_errors_total',
  help: 'The requests to stores that failed, also by code: the status that was answered, or what the system said',
  labelNames: ['replica_type', 'operation', 'code'],
  samples: ({ traffic }) =>
    traffic.flatMap((count) =>
      Object.entries(count.errorCodes).map(([code, errors]): Sample => [{ ...labelsOf(count), code }, errors]),
    ),
};

const syncFiles: Measure = {
  type: 'gauge',
  name: 'litestream_l0_retention_files_total',
  help: 'The level-0 files of replicas when retention was last enforced: deleted then, not compacted yet, too recent',
  labelNames: ['db', 'status'],
  samples: ({ statuses }) =>
    statuses.flatMap(({ path, replicas }) => {
      const known = replicas.flatMap((replica) => replica.syncFiles ?? []);
      if (known.length === 0) return [];
      const sum = (field: 'eligible' | 'notCompacted' | 'tooRecent') =>
        known.reduce((total, counts) => total + counts[field], 0);
      return [
        [{ db: path, status: 'eligible' }, sum('eligible')],
        [{ db: path, status: 'not_compacted' }, sum('notCompacted')],
        [{ db: path, status: 'too_recent' }, sum('tooRecent')],
      ] satisfies Sample[];
    }),
};

/** Metrics that Litestream has too, under the same names. */
export const litestreamMeasures: readonly Measure[] = [
  counted('gauge', 'litestream_db_size', 'The size of the database file in bytes', ({ sizeBytes }) => sizeBytes),
  counted('gauge', 'litestream_wal_size', 'The size of the WAL file in bytes', ({ walBytes }) => walBytes),
  counted(
    'counter',
    'litestream_total_wal_bytes',
    'Bytes of the WAL copied into local files',
    ({ counts }) => counts.walBytes,
  ),
  stated('litestream_txid', 'The newest TXID in a local file', ({ txid }) =>
    txid === undefined ? undefined : Number(txid),
  ),
  counted('counter', 'litestream_sync_count', 'Local files written', ({ counts }) => counts.syncs),
  counted(
    'counter',
    'litestream_sync_error_count',
    'Local files that could not be written',
    ({ counts }) => counts.syncErrors,
  ),
  counted('counter', 'litestream_sync_seconds', 'Time spent writing local files', ({ counts }) => counts.syncSeconds),
  counted('gauge', 'litestream_disk_full', '1 while local files cannot be written for lack of space', ({ counts }) =>
    Number(counts.isDiskFull),
  ),
  checkpoints(
    'litestream_checkpoint_count',
    'Checkpoints by mode: PASSIVE copies back beside the writers, RESTART under a barrier of milliseconds, TRUNCATE cuts a large WAL',
    'count',
  ),
  checkpoints('litestream_checkpoint_error_count', 'Checkpoints that failed, by mode', 'errors'),
  checkpoints('litestream_checkpoint_seconds', 'Time spent in checkpoints, by mode', 'seconds'),
  {
    ...stated(
      'litestream_compaction_verify_error_count',
      'Compacted files that failed verify-compaction',
      ({ replicas }) => replicas.reduce((sum, { verifyErrorCount }) => sum + verifyErrorCount, 0),
    ),
    type: 'counter',
  },
  requested(
    'litestream_replica_operation_total',
    'Requests to stores, those for leases included, and calls to directories, by type and operation',
    ({ requests }) => requests,
  ),
  requested(
    'litestream_replica_operation_bytes',
    'Bytes sent to stores and received from them, by type and operation',
    ({ bytesSent, bytesReceived }) => bytesSent + bytesReceived,
  ),
  requestErrors,
  syncFiles,
];

/** Metrics that Litestream does not have. */
export const ownMeasures: readonly Measure[] = [
  replicated('litestream_replica_txid', 'The newest TXID that the replica has', ({ txid }) =>
    txid === undefined ? undefined : Number(txid),
  ),
  replicated(
    'litestream_replica_lag_seconds',
    'For how long the replica has lacked what was committed; 0 when it has everything',
    ({ behindSinceMs }, { nowMs }) => lagSeconds(behindSinceMs, nowMs),
  ),
  replicated('litestream_replica_up', '1 while the replica accepts files', ({ state }) =>
    Number(state === 'current' || state === 'behind'),
  ),
  replicated(
    'litestream_verified_age_seconds',
    'The time since a compacted file was last read back and found right; with verify-compaction',
    ({ verifiedAtMs }, { nowMs }) =>
      verifiedAtMs === undefined ? undefined : Math.max(0, nowMs - verifiedAtMs) / 1000,
  ),
  stated(
    'litestream_db_up',
    '1 while the database is replicated or parked; 0 while it is waited for, is failed or stopped, or this process lacks the lease',
    (status) => Number(isReplicated(status)),
  ),
  stated('litestream_lease_held', '1 while this process has the lease; absent without leases', ({ lease }) =>
    lease === undefined ? undefined : Number(lease.kind === 'held'),
  ),
  stated('litestream_lease_epoch', 'The epoch of the lease that this process has', ({ lease }) =>
    lease?.kind === 'held' || lease?.kind === 'lapsed' ? lease.epoch : undefined,
  ),
  counted(
    'gauge',
    'litestream_checkpoint_barrier_seconds_max',
    'How long a checkpoint has held up writers at most',
    ({ counts }) => counts.longestBarrierSeconds,
  ),
];

/** Every metric but the histogram of `replica_operation_duration_seconds`. */
export const measures: readonly Measure[] = [...litestreamMeasures, ...ownMeasures];
