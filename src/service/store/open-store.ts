import { hostname } from 'node:os';
import { readMachineIdentity } from '../../engine/lease/machine-identity.ts';
import { S3ClientPool } from '../../replica/s3/s3-client-pool.ts';
import { StoreTraffic } from '../../replica/store-traffic.ts';
import { systemClock } from '../../runtime/clock.ts';
import { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import { processServices } from '../compose.ts';
import { LeaseKeepers } from '../lease/lease-keepers.ts';
import { LeaseStores } from '../lease/lease-stores.ts';
import { shardProgram } from '../shard/child-shard.ts';
import { LocalShard } from '../shard/local-shard.ts';
import type { ShardHost } from '../shard/shard-host.ts';
import type { ShardSettings } from '../shard/shard-protocol.ts';
import { SupervisedShard } from '../shard/supervised-shard.ts';
import { RefusedWatches } from '../watch/refused-watches.ts';
import { Store } from './store.ts';
import {
  defaultDatabasesAtOnce,
  defaultShutdown,
  defaultStoreCallsPerSecond,
  type StoreOptions,
} from './store-options.ts';

export interface OpenStoreServices {
  readonly logger: Logger;
  /** The program of a shard's process. Default: the shipped one. */
  readonly shardProgram?: URL | undefined;
}

/** Builds a store and decides where its shards run. Nothing happens before `start`. */
export function openStore(options: StoreOptions, services: OpenStoreServices): Store {
  const { logger } = services;
  const limit = shardLimit(options);
  const isLocal = limit === 1 && options.isolation !== 'process';
  const settings: ShardSettings = {
    logLevel: options.logLevel ?? 'info',
    adopt: options.adopt ?? false,
    storeCallsPerSecond: (options.storeCallsPerSecond ?? defaultStoreCallsPerSecond) / limit,
    careMode: options.careMode ?? 'by-schedule',
    parkAfterMs: options.parkAfterMs ?? 0,
    databasesAtOnce: options.databasesAtOnce ?? defaultDatabasesAtOnce,
    shutdown: options.shutdown ?? defaultShutdown,
  };
  const onRestart = (paths: readonly string[]) => options.onEvent?.({ kind: 'restarted', paths });
  // What a lease needs waits for nothing: held back, it would be lost.
  const leaseTraffic = new StoreTraffic({ callsPerSecond: 0 }, { clock: systemClock });
  const refusals = new RefusedWatches({ logger });
  const leases = openLeases(logger, leaseTraffic);
  const startShard = (): ShardHost => {
    if (isLocal) return LocalShard.start(settings, { ...processServices({ logger }), refusals }, leases);
    const program = services.shardProgram ?? shardProgram;
    return SupervisedShard.start({ settings, program }, { clock: systemClock, logger, leases, onRestart });
  };
  return new Store(options, {
    logger,
    clock: systemClock,
    startShard,
    shardLimit: limit,
    refusals,
    leaseTraffic: () => leaseTraffic.snapshot(),
  });
}

/** One database needs one process; how many a directory will bring is not known. */
function shardLimit({ workers = 1, databases, directories = [] }: StoreOptions): number {
  return Math.max(1, directories.length > 0 ? workers : Math.min(workers, databases.length));
}

/** The leases of one process and its shards; `traffic` counts their requests. */
export function openLeases(logger: Logger, traffic: StoreTraffic): LeaseKeepers {
  const durableFiles = new DurableFiles();
  return new LeaseKeepers({
    stores: new LeaseStores({ durableFiles, clock: systemClock, logger, s3Clients: new S3ClientPool(traffic) }),
    durableFiles,
    clock: systemClock,
    logger,
    hostname: hostname(),
    machine: readMachineIdentity,
  });
}
