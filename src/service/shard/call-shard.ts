import type { CallOptions } from '../../replica/replica-client.ts';
import type { Shard } from './shard.ts';
import type { ShardAnswer, ShardCall, ShardCallKind } from './shard-protocol.ts';

/** Makes a call of the protocol on a shard of this process. */
export async function callShard(
  shard: Shard,
  call: ShardCall,
  options: CallOptions,
): Promise<ShardAnswer<ShardCallKind>> {
  switch (call.kind) {
    case 'add':
      return shard.add(call.database) as Promise<undefined>;
    case 'remove':
      return shard.remove(call.path);
    case 'inspect':
      return shard.inspect(call.paths);
    case 'status':
      return shard.status();
    case 'metrics':
      return shard.metrics();
    case 'work':
      return shard.work();
    case 'traffic':
      return shard.traffic();
    case 'sync':
      return shard.sync(call.path, { ...options, reach: call.reach });
    case 'maintain':
      return shard.maintain(call.path, call.what, options) as Promise<undefined>;
    case 'stop':
      return shard.stop() as Promise<undefined>;
  }
}
