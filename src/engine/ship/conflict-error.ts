import { formatTxid } from '../../format/ltx/txid.ts';
import { EngineError } from '../engine-error.ts';
import { judgeRefusedCreate } from '../lease/fencing.ts';
import { type Conflict, foreignFile } from './replica-shipper.ts';

/**
 * What follows from a file of another writer under a TXID of ours. `termEpoch` is that of the lease under which the replica
 * decides about the lineage; undefined for other replicas and without a lease, where nobody but the operator can decide.
 */
export function conflictError(replica: string, conflict: Conflict, termEpoch: number | undefined): EngineError {
  const { txid, own, theirs } = conflict;
  const file = `TXID ${formatTxid(txid)}`;
  const epochs = `of epoch ${theirs.epoch}, ours is ${termEpoch ?? own.epoch}`;
  const verdict = termEpoch === undefined ? 'two-writers' : judgeRefusedCreate(theirs, own, termEpoch);
  if (verdict === 'step-down') {
    return new EngineError('superseded', `Cannot ship to replica ${replica}: it holds ${file} ${epochs}`);
  }
  if (verdict === 'absorb') {
    return new EngineError('late-write', `Cannot ship ${file} to replica ${replica}: a file is there ${epochs}`);
  }
  return foreignFile(replica, txid, `the local file of that TXID holds other bytes (${epochs})`);
}
