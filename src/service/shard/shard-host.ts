import type { CallOptions } from '../../replica/replica-client.ts';
import type { ShardAnswer, ShardCallKind, ShardRequest } from './shard-protocol.ts';

/** A shard, wherever it runs. */
export interface ShardHost {
  /** Rejects with ServiceError `shard-ended` when the shard's process ends before it answered. */
  call<Kind extends ShardCallKind>(
    kind: Kind,
    request: ShardRequest<Kind>,
    options?: CallOptions,
  ): Promise<ShardAnswer<Kind>>;

  /** Last syncs, then the end of everything. `signal` gives up on them: what is not shipped is sent after the next start. */
  stop(options?: CallOptions): Promise<void>;
}
