import { systemClock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { processServices } from '../compose.ts';
import { shardProgram } from '../shard/child-shard.ts';
import { LocalShard } from '../shard/local-shard.ts';
import type { ShardHost } from '../shard/shard-host.ts';
import type { ShardSettings } from '../shard/shard-protocol.ts';
import { SupervisedShard } from '../shard/supervised-shard.ts';
import { Store } from './store.ts';
import { defaultShutdown, defaultStoreCallsPerSecond, type StoreOptions } from './store-options.ts';

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
    shutdown: options.shutdown ?? defaultShutdown,
  };
  const onRestart = (paths: readonly string[]) => options.onEvent?.({ kind: 'restarted', paths });
  const startShard = (): ShardHost => {
    if (isLocal) return LocalShard.start(settings, processServices({ logger }));
    const program = services.shardProgram ?? shardProgram;
    return SupervisedShard.start({ settings, program }, { clock: systemClock, logger, onRestart });
  };
  return new Store(options, { logger, clock: systemClock, startShard, shardLimit: limit });
}

/** One database needs one process; how many a directory will bring is not known. */
function shardLimit({ workers = 1, databases, directories = [] }: StoreOptions): number {
  return Math.max(1, directories.length > 0 ? workers : Math.min(workers, databases.length));
}
