import { LtxError } from '../../format/ltx/ltx-error.ts';
import { noTxid, type Txid } from '../../format/ltx/txid.ts';
import { ReplicaError } from '../../replica/replica-error.ts';
import { listFiles } from './list-files.ts';
import type { RestoreNotice } from './plan.ts';
import { planForTarget } from './plan-for-target.ts';
import { readHeader } from './read-header.ts';
import { RestoreError } from './restore-error.ts';
import type { ChosenPlan, NamedReplica, SearchOptions } from './restore-options.ts';

/** What one replica can do for a target. */
type Offer =
  | { readonly kind: 'plan'; readonly chosen: ChosenPlan; readonly newestTxid: Txid }
  | { readonly kind: 'empty' }
  | { readonly kind: 'refused'; readonly error: RestoreError; readonly newestTxid: Txid }
  | { readonly kind: 'unreachable'; readonly replica: NamedReplica; readonly error: Error };

export interface ChooseOptions extends SearchOptions {
  readonly nowMs: number;
  /** Files that end at or before this TXID have another page size than the target and are left out. */
  readonly otherPageSizeUpTo?: Txid | undefined;
}

export interface Choice {
  readonly chosen: ChosenPlan;
  /** The newest TXID of all replicas that could be read. */
  readonly newestTxid: Txid;
  /** The plan's own, and one for each replica that could not be read. */
  readonly notices: readonly RestoreNotice[];
}

/**
 * The plan of the replica whose newest restorable state is nearest at or before the target; of equal ones the first.
 * Undefined when every replica could be read and none has a file: an unreachable replica is never taken for an empty one.
 */
export async function chooseReplica(options: ChooseOptions): Promise<Choice | undefined> {
  const replicas = selectReplicas(options);
  const offers = await Promise.all(replicas.map((replica) => offerOf(replica, options)));
  const plans = offers.flatMap((offer) => (offer.kind === 'plan' ? [offer.chosen] : []));
  const unreachable = offers.flatMap((offer) => (offer.kind === 'unreachable' ? [offer] : []));
  const nearest = plans.reduce<ChosenPlan | undefined>((best, plan) => {
    return best === undefined || isNearer(plan, best) ? plan : best;
  }, undefined);
  if (nearest !== undefined) {
    const newestTxid = offers.reduce((newest, offer) => {
      return 'newestTxid' in offer && offer.newestTxid > newest ? offer.newestTxid : newest;
    }, noTxid);
    return { chosen: nearest, newestTxid, notices: [...nearest.plan.notices, ...unreachable.map(unreachableNotice)] };
  }
  for (const offer of offers) if (offer.kind === 'refused') throw offer.error;
  const [first] = unreachable;
  if (first === undefined) return undefined;
  const others = unreachable.length > 1 ? ` (and ${unreachable.length - 1} more)` : '';
  throw new RestoreError('unreachable', `Cannot read replica ${first.replica.name}${others}: ${first.error.message}`, {
    cause: first.error,
    hint: first.error instanceof ReplicaError ? first.error.hint : undefined,
  });
}

function selectReplicas({ replicas, replicaName }: SearchOptions): readonly NamedReplica[] {
  if (replicaName === undefined) return replicas;
  const selected = replicas.filter((replica) => replica.name === replicaName);
  if (selected.length > 0) return selected;
  const names = replicas.map((replica) => replica.name).join(', ');
  throw new RestoreError('no-such-replica', `Cannot restore from replica ${replicaName}: there is none of that name`, {
    hint: `There is: ${names}`,
  });
}

async function offerOf(replica: NamedReplica, options: ChooseOptions): Promise<Offer> {
  const { signal } = options;
  let newestTxid = noTxid;
  try {
    const files = await listFiles(replica.client, { signal });
    if (files.length === 0) return { kind: 'empty' };
    for (const { maxTxid } of files) if (maxTxid > newestTxid) newestTxid = maxTxid;
    const { otherPageSizeUpTo = noTxid } = options;
    const usable = files.filter((file) => file.maxTxid > otherPageSizeUpTo);
    const planned = await planForTarget(usable, options, (file) => readHeader(replica.client, file, { signal }));
    return { kind: 'plan', chosen: { replica, ...planned }, newestTxid };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RestoreError) return { kind: 'refused', error, newestTxid };
    if (error instanceof ReplicaError || error instanceof LtxError) return { kind: 'unreachable', replica, error };
    throw error;
  }
}

function isNearer(a: ChosenPlan, b: ChosenPlan): boolean {
  if (a.timestampMs !== undefined && b.timestampMs !== undefined && a.timestampMs !== b.timestampMs) {
    return a.timestampMs > b.timestampMs;
  }
  return a.plan.txid > b.plan.txid;
}

function unreachableNotice({
  replica,
  error,
}: {
  readonly replica: NamedReplica;
  readonly error: Error;
}): RestoreNotice {
  const { name } = replica;
  return { code: 'replica-unreachable', message: `Replica ${name} was left out: ${error.message}`, replica: name };
}
