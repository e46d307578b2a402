import type { CallOptions } from '../../replica/replica-client.ts';
import { callShard } from './call-shard.ts';
import { Shard } from './shard.ts';
import type { ShardHost } from './shard-host.ts';
import type { ShardAnswer, ShardCall, ShardCallKind, ShardRequest, ShardSettings } from './shard-protocol.ts';
import { type ProcessServices, shardServices } from './shard-services.ts';

/** The shard of this process; there must be no other one. */
export class LocalShard implements ShardHost {
  readonly #shard: Shard;

  private constructor(shard: Shard) {
    this.#shard = shard;
  }

  static start(settings: ShardSettings, services: ProcessServices): LocalShard {
    return new LocalShard(new Shard(settings, shardServices(settings, services)));
  }

  async call<Kind extends ShardCallKind>(
    kind: Kind,
    request: ShardRequest<Kind>,
    options: CallOptions = {},
  ): Promise<ShardAnswer<Kind>> {
    return (await callShard(this.#shard, { kind, ...request } as ShardCall, options)) as ShardAnswer<Kind>;
  }

  async stop({ signal }: CallOptions = {}): Promise<void> {
    const stopped = this.#shard.stop();
    if (signal === undefined) return stopped;
    if (signal.aborted) return;
    const ended = new AbortController();
    const givenUp = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true, signal: ended.signal });
    });
    await Promise.race([stopped, givenUp]).finally(() => ended.abort());
  }
}
