import { ltxTrailerBytes } from '../../format/ltx/trailer.ts';
import { formatTxid, type Txid } from '../../format/ltx/txid.ts';
import { readRange } from '../../replica/read-range.ts';
import type { CallOptions, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';
import { ReplicaError } from '../../replica/replica-error.ts';
import { EngineError } from '../engine-error.ts';
import { type FencedFile, judgeRefusedCreate } from '../lease/fencing.ts';
import type { LocalFiles } from '../meta/local-files.ts';
import { readHeader } from '../restore/read-header.ts';

/** A file that was refused because the replica has another one under its name. */
export interface Conflict {
  readonly txid: Txid;
  readonly own: FencedFile;
  readonly theirs: FencedFile;
}

/** What stands in the way of a level-0 file; undefined when it is the very file: an earlier upload whose reply was lost. */
export async function findConflict(
  file: LtxFileInfo,
  { client, local }: { readonly client: ReplicaClient; readonly local: LocalFiles },
  options: CallOptions,
): Promise<Conflict | undefined> {
  const sizeBytes = await sizeThere(client, file, options);
  const [ownTail, theirTail] = [new Uint8Array(ltxTrailerBytes), new Uint8Array(ltxTrailerBytes)];
  await local.readEnd(file.maxTxid, ownTail);
  if (sizeBytes >= ltxTrailerBytes) await readRange(client, file, sizeBytes - ltxTrailerBytes, theirTail, options);
  if (Buffer.compare(ownTail, theirTail) === 0) return undefined;
  const ownHeader = await local.readHeader(file.maxTxid);
  const theirHeader = await readHeader(client, { ...file, sizeBytes }, options);
  return {
    txid: file.maxTxid,
    own: { epoch: ownHeader.epoch, fileChecksum: fileChecksum(ownTail) },
    theirs: { epoch: theirHeader.epoch, fileChecksum: fileChecksum(theirTail) },
  };
}

/**
 * What follows from a conflict. `termEpoch` is that of the lease under which the replica decides about the lineage;
 * undefined for other replicas and without a lease, where nobody but the operator can decide.
 */
export function conflictError(replica: string, conflict: Conflict, termEpoch: number | undefined): EngineError {
  const { txid, own, theirs } = conflict;
  const file = `TXID ${formatTxid(txid)}`;
  const epochs = `of epoch ${theirs.epoch}, ours is ${termEpoch ?? own.epoch}`;
  const data = { replica };
  const judgement = termEpoch === undefined ? 'two-writers' : judgeRefusedCreate(theirs, own, termEpoch);
  if (judgement === 'step-down') {
    return new EngineError('superseded', `Cannot ship to replica ${replica}: it holds ${file} ${epochs}`, { data });
  }
  if (judgement === 'absorb') {
    return new EngineError('late-write', `Cannot ship ${file} to replica ${replica}: a file is there ${epochs}`, {
      data,
    });
  }
  return foreignFile(replica, txid, `the local file of that TXID holds other bytes (${epochs})`);
}

/** The replica holds what this host knows nothing of, and no lease says who is right. */
export function foreignFile(replica: string, txid: Txid, state: string): EngineError {
  return new EngineError(
    'diverged',
    `Cannot ship to replica ${replica}: it holds TXID ${formatTxid(txid)} of another writer, ${state}`,
    {
      hint: 'two programs write this replica: stop one of them, or give one another path; nothing is overwritten',
      data: { replica },
    },
  );
}

async function sizeThere(
  client: ReplicaClient,
  { minTxid, maxTxid }: LtxFileInfo,
  options: CallOptions,
): Promise<number> {
  for await (const info of client.list(0, { ...options, from: minTxid })) {
    if (info.minTxid === minTxid && info.maxTxid === maxTxid) return info.sizeBytes;
    if (info.minTxid > minTxid) break;
  }
  throw new ReplicaError(
    'not-found',
    `Cannot find TXID ${formatTxid(minTxid)} in ${client.url}: it was there a moment ago`,
  );
}

function fileChecksum(trailer: Uint8Array): bigint {
  return new DataView(trailer.buffer).getBigUint64(ltxTrailerBytes - 8);
}
