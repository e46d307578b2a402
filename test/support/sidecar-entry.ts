import { type FSWatcher, watch, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { defaultSettings, defaultSyncIntervalMs } from '../../src/config/defaults.ts';
import { DatabaseCounters } from '../../src/engine/database-counters.ts';
import type { FileChange } from '../../src/engine/follow/file-change.ts';
import type { DatabaseLease } from '../../src/engine/lease/database-lease.ts';
import { FileLeaseMemory } from '../../src/engine/lease/file-lease-memory.ts';
import { LeaseKeeper } from '../../src/engine/lease/lease-keeper.ts';
import { readMachineIdentity } from '../../src/engine/lease/machine-identity.ts';
import { ViewedLease } from '../../src/engine/lease/viewed-lease.ts';
import { maintainLimits } from '../../src/engine/maintain/maintain-services.ts';
import { defaultMetaPath, MetaDirectory } from '../../src/engine/meta/meta-directory.ts';
import { PageRuns } from '../../src/engine/page-runs.ts';
import { DatabaseReplicator } from '../../src/engine/replicator/database-replicator.ts';
import type { ReplicatorServices } from '../../src/engine/replicator/replicator-services.ts';
import type { Txid } from '../../src/format/ltx/txid.ts';
import { loadKernels } from '../../src/kernel/load-kernels.ts';
import { FileLeaseStore } from '../../src/replica/file/file-lease-store.ts';
import { openReplica } from '../../src/replica/open-replica.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import type { DurableStep } from '../../src/runtime/durable-step.ts';
import { loggerFrom } from '../../src/runtime/logger.ts';
import { TypedError } from '../../src/runtime/typed-error.ts';
import { WorkSlots } from '../../src/runtime/work-slots.ts';
import { AttachedFiles } from '../../src/sqlite/attached-files.ts';
import type { SidecarAnswer, SidecarDatabase, SidecarOptions, SidecarRequest } from './sidecar-options.ts';

/** A process that replicates databases into directories with the real engine, and dies where it is told to. */
const options = JSON.parse(process.argv[2] ?? '') as SidecarOptions;
let clockOffsetMs = options.clockOffsetMs ?? 0;
const machine = await readMachineIdentity();
let isCounting = options.dieAt?.after === undefined;
let stepsLeft = options.dieAt?.occurrence ?? 1;

const clock: Clock = { ...systemClock, now: () => systemClock.now() + clockOffsetMs };
const services: ReplicatorServices = {
  attached: new AttachedFiles(),
  runs: new PageRuns(loadKernels()),
  limits: maintainLimits(),
  attaching: new WorkSlots(1),
  durableFiles: new DurableFiles(dieAt),
  clock,
  logger: loggerFrom((level, message, fields) => {
    const words = Object.entries(fields).map(([name, value]) => `${name}=${textOf(value)}`);
    writeSync(2, `${level} ${[message, ...words].join(' ')}\n`);
  }),
};
const stop = new AbortController();
const keepers: LeaseKeeper[] = [];
const replicators = options.databases.map(openReplicator);
process.on('SIGTERM', () => stop.abort());
process.on('disconnect', () => process.exit(1));
process.on('message', ({ id, request }: { id: number; request: SidecarRequest }) => {
  answer(request).then(
    (value) => send({ id, value }),
    (error: Error) => send({ id, error: { message: error.message, code: codeOf(error) } }),
  );
});
process.send!('ready');
await Promise.all(replicators.map((replicator) => replicator.run(stop.signal)));
await Promise.all(keepers.map((keeper) => keeper.release()));
process.exit(0);

function dieAt(step: DurableStep, path: string): void {
  isCounting ||= step === options.dieAt?.after;
  if (step !== options.dieAt?.step || !isCounting || !path.includes(options.dieAt.path ?? '')) return;
  stepsLeft -= 1;
  if (stepsLeft === 0) process.kill(process.pid, options.dieAt.signal ?? 'SIGKILL');
}

function openReplicator({ path, replicas = [`${path}-replica`], metaPath }: SidecarDatabase): DatabaseReplicator {
  const clients = replicas.map((directory, i) => ({
    name: `replica-${i}`,
    autoRecover: options.autoRecover,
    client: openReplica({ type: 'file', path: directory }, services),
    lease: i === 0 || options.lease?.of === 'all' ? leaseOf(directory, metaPath ?? defaultMetaPath(path)) : undefined,
  }));
  let watcher: FSWatcher | undefined;
  const onBusy = (busy: boolean): void => {
    if (options.watched === false || !busy === (watcher !== undefined)) return;
    watcher?.close();
    watcher = busy ? undefined : watchFiles(path, (change) => replicator.notify(change));
    if (!busy) replicator.notify({ wroteDatabase: true, moved: true });
  };
  const settings = {
    ...defaultSettings,
    syncIntervalMs: defaultSyncIntervalMs,
    adopt: false,
    ...options.settings,
    path,
    metaPath: metaPath ?? defaultMetaPath(path),
  };
  const replicator = new DatabaseReplicator(
    {
      settings,
      replicas: clients,
      watched: options.watched ?? true,
      careMode: 'by-schedule',
      counters: new DatabaseCounters(),
      shutdown: { timeoutMs: options.shutdownTimeoutMs ?? 5_000, retryMs: 50 },
      onBusy,
    },
    services,
  );
  onBusy(false);
  return replicator;
}

function leaseOf(directory: string, metaPath: string): DatabaseLease | undefined {
  if (options.lease === undefined) return undefined;
  const { ttlMs, owner } = options.lease;
  const keeper = new LeaseKeeper(
    {
      store: new FileLeaseStore({ path: directory }, services),
      ttlMs,
      owner,
      memory: new FileLeaseMemory(new MetaDirectory(metaPath).leasePath('replica-0'), services),
      machine,
      holdsLocalLock: true,
    },
    services,
  );
  keepers.push(keeper);
  void keeper.run(new AbortController().signal);
  return new ViewedLease(keeper, { giveUp: () => void keeper.release() });
}

function watchFiles(path: string, onEvent: (change: FileChange) => void): FSWatcher {
  const name = basename(path);
  return watch(dirname(path), (event, file) => {
    if (file?.startsWith(name)) onEvent({ wroteDatabase: file === name, moved: event === 'rename' });
  });
}

async function answer(request: SidecarRequest): Promise<SidecarValue> {
  if (request.kind === 'status') return replicators[request.database]!.status();
  if (request.kind === 'sync') return sync(replicators[request.database]!, request.timeoutMs);
  clockOffsetMs = request.offsetMs;
  return undefined;
}

type SidecarValue = Extract<SidecarAnswer, { value: unknown }>['value'];

/** Waits for a database that is being attached, or attached again. */
async function sync(replicator: DatabaseReplicator, timeoutMs: number): Promise<Txid> {
  for (const endMs = clock.monotonic() + timeoutMs; ; await clock.sleep(2)) {
    try {
      return await replicator.sync({ signal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      if (clock.monotonic() >= endMs) throw error;
    }
  }
}

function send(message: SidecarAnswer): void {
  if (process.connected) process.send!(message);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof TypedError ? error.code : undefined;
}

function textOf(value: unknown): string {
  return value instanceof Error ? value.message : String(value);
}
