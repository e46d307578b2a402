import { nextTxid, noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { CallOptions, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';
import { fileId } from '../meta/local-files.ts';
import { bodyOf } from '../meta/stored-body.ts';
import { listFiles } from '../restore/list-files.ts';
import { planRestore } from '../restore/plan.ts';
import { ReachableStates } from '../restore/reachable-states.ts';

/**
 * Gives a replica what it lacks from others, byte for byte: the level-0 files after `after`, or, where it has nothing, the
 * files that rebuild the newest state of another. Each other one is good up to a TXID. Returns the TXID it then stands at;
 * `after` when no other could help.
 */
export async function fillFromOthers(
  target: ReplicaClient,
  others: readonly { readonly client: ReplicaClient; readonly upTo: Txid }[],
  after: Txid,
  options: CallOptions,
): Promise<Txid> {
  for (const { client, upTo } of others) {
    const reached = await fillFrom(target, client, after, upTo, options).catch(() => after);
    options.signal?.throwIfAborted();
    if (reached > after) return reached;
  }
  return after;
}

async function fillFrom(
  target: ReplicaClient,
  other: ReplicaClient,
  after: Txid,
  upTo: Txid,
  options: CallOptions,
): Promise<Txid> {
  let at = after;
  for await (const file of other.list(0, { ...options, from: nextTxid(after) })) {
    if (file.minTxid !== nextTxid(at) || file.maxTxid > upTo) break;
    await copy(target, other, file, options);
    at = file.maxTxid;
  }
  if (at > after || after !== noTxid) return at;
  const states = ReachableStates.of((await listFiles(other, options)).filter((file) => file.maxTxid <= upTo));
  if (states.newest === undefined) return after;
  const plan = planRestore(states, states.newest);
  for (const file of plan.files) await copy(target, other, file, options);
  return plan.txid;
}

async function copy(
  target: ReplicaClient,
  other: ReplicaClient,
  file: LtxFileInfo,
  options: CallOptions,
): Promise<void> {
  const id = file.level === 0 ? fileId(file.maxTxid) : file;
  await target.write(id, await bodyOf(other, file, options), options);
}
