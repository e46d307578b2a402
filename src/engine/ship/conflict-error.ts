import { formatTxid } from '../../format/ltx/txid.ts';
import { EngineError } from '../engine-error.ts';
import { type Conflict, foreignFile } from './replica-shipper.ts';

/**
 * What follows from a file of another writer under a TXID of ours. `termEpoch` is that of the lease under which the replica
 * decides about the lineage; undefined for other replicas and without a lease, where nobody but the operator can decide.
 */
export function conflictError(replica: string, conflict: Conflict, termEpoch: number | undefined): EngineError {
  const { txid, ownEpoch, epochThere } = conflict;
  const file = `TXID ${formatTxid(txid)}`;
  const epochs = `of epoch ${epochThere}, ours is ${termEpoch ?? ownEpoch}`;
  if (termEpoch === undefined || epochThere === termEpoch) {
    return foreignFile(replica, txid, `the local file of that TXID holds other bytes (${epochs})`);
  }
  if (epochThere > termEpoch) {
    return new EngineError('superseded', `Cannot ship to replica ${replica}: it holds ${file} ${epochs}`);
  }
  return new EngineError('late-write', `Cannot ship ${file} to replica ${replica}: a file is there ${epochs}`);
}
