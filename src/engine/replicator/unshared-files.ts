import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions, ReplicaClient } from '../../replica/replica-client.ts';
import type { LocalFiles } from '../meta/local-files.ts';
import { readHeader } from '../restore/read-header.ts';

/**
 * The first of the local files, written up to epoch `epoch`, that is no part of the lineage which another holder of the
 * lease has gone on with: that holder's epoch file took its place. Undefined when none is; the oldest local file when that
 * epoch file is gone, which happens only when everything before it is too.
 */
export async function firstUnshared(
  local: LocalFiles,
  epoch: number,
  client: ReplicaClient,
  options: CallOptions,
): Promise<Txid | undefined> {
  const first = local.files[0]?.txid;
  if (first === undefined) return undefined;
  for await (const file of client.list(0, { ...options, from: first })) {
    const header = await readHeader(client, file, options);
    if (header.epoch > epoch) return file.minTxid <= local.headTxid ? file.minTxid : undefined;
  }
  return first;
}
