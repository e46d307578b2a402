import type { TrafficCount } from '../../replica/traffic-count.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ShardHost } from '../shard/shard-host.ts';
import type { RefusedWatches } from '../watch/refused-watches.ts';

export interface StoreServices {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Starts a shard in this process or another; see `openStore`. */
  readonly startShard: () => ShardHost;
  /** How many shards there may be. */
  readonly shardLimit: number;
  /** The requests for leases, which this process makes for all shards. */
  readonly leaseTraffic: () => readonly TrafficCount[];
  /** Of this process. */
  readonly refusals: RefusedWatches;
}
