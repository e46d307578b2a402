import type { CallOptions } from '../../replica/replica-client.ts';
import { ServiceError } from '../service-error.ts';
import type { ShardHost } from '../shard/shard-host.ts';

interface PooledShard {
  readonly host: ShardHost;
  readonly paths: Set<string>;
}

/** Spreads databases over shards; a shard is started when there is a database for it. */
export class ShardPool {
  readonly #limit: number;
  readonly #start: () => ShardHost;
  readonly #shards: PooledShard[] = [];

  constructor(limit: number, start: () => ShardHost) {
    this.#limit = limit;
    this.#start = start;
  }

  get hosts(): readonly ShardHost[] {
    return this.#shards.map(({ host }) => host);
  }

  /** The shard of a database. Throws ServiceError `unknown-database`. */
  of(path: string): ShardHost {
    const shard = this.#shards.find(({ paths }) => paths.has(path));
    if (shard !== undefined) return shard.host;
    throw new ServiceError('unknown-database', `Cannot find ${path}: it is not replicated`);
  }

  /** Any shard: for what every one of them can do. */
  any(): ShardHost {
    return (this.#shards[0] ?? this.#add()).host;
  }

  /** Gives a database to the shard with the fewest. */
  place(path: string): ShardHost {
    const [least] = this.#shards.toSorted((a, b) => a.paths.size - b.paths.size);
    const isRoomWanted = least !== undefined && least.paths.size > 0 && this.#shards.length < this.#limit;
    const shard = least === undefined || isRoomWanted ? this.#add() : least;
    shard.paths.add(path);
    return shard.host;
  }

  forget(path: string): void {
    for (const { paths } of this.#shards) paths.delete(path);
  }

  async stop(options: CallOptions): Promise<void> {
    const ends = await Promise.allSettled(this.#shards.map(({ host }) => host.stop(options)));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  #add(): PooledShard {
    const shard = { host: this.#start(), paths: new Set<string>() };
    this.#shards.push(shard);
    return shard;
  }
}
