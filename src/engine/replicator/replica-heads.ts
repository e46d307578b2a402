import type { CallOptions, ReplicaClient } from '../../replica/replica-client.ts';
import type { Remote } from '../continuity/continuity.ts';
import { type ReplicaHead, readReplicaHead } from '../continuity/replica-head.ts';
import type { DatabaseLease } from '../lease/database-lease.ts';

export interface NamedClient {
  readonly name: string;
  readonly client: ReplicaClient;
  /** Undefined where the replica is written without one. */
  readonly lease?: DatabaseLease | undefined;
  /** Whether it is emptied and begun anew when its files are broken. Default: false. */
  readonly autoRecover?: boolean | undefined;
}

export interface ReplicaHeads {
  /** The replica that knows the newest TXID; undefined when all that were reached are empty. */
  readonly newest: Remote | undefined;
  readonly unreachable: readonly { readonly name: string; readonly error: unknown }[];
  readonly reachedCount: number;
  /** What each replica that was reached holds; undefined: nothing. */
  readonly byName: ReadonlyMap<string, ReplicaHead | undefined>;
}

/** Asks every replica for its newest transaction. */
export async function readReplicaHeads(replicas: readonly NamedClient[], options: CallOptions): Promise<ReplicaHeads> {
  const answers = await Promise.allSettled(replicas.map(({ client }) => readReplicaHead(client, options)));
  options.signal?.throwIfAborted();
  let newest: Remote | undefined;
  const unreachable: { name: string; error: unknown }[] = [];
  const byName = new Map<string, ReplicaHead | undefined>();
  answers.forEach((answer, i) => {
    const { name, client } = replicas[i]!;
    if (answer.status === 'fulfilled') byName.set(name, answer.value);
    if (answer.status === 'rejected') unreachable.push({ name, error: answer.reason });
    else if (answer.value !== undefined && (newest === undefined || answer.value.txid > newest.head.txid)) {
      newest = { name, client, head: answer.value };
    }
  });
  return { newest, unreachable, reachedCount: replicas.length - unreachable.length, byName };
}
