import type { CallOptions, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';
import { headOf, type LineageHead } from '../lineage-head.ts';
import { readHeader } from '../restore/read-header.ts';

/** The newest transaction a replica knows, and where it says so. */
export interface ReplicaHead extends LineageHead {
  readonly file: LtxFileInfo;
}

/** Finds the newest transaction over all levels; undefined when the replica holds no file. Throws ReplicaError, LtxError. */
export async function readReplicaHead(
  client: ReplicaClient,
  options: CallOptions = {},
): Promise<ReplicaHead | undefined> {
  let newest: LtxFileInfo | undefined;
  for await (const file of client.listAll(options)) {
    if (newest === undefined || file.maxTxid > newest.maxTxid || isLower(file, newest)) newest = file;
  }
  return newest === undefined ? undefined : { ...headOf(await readHeader(client, newest, options)), file: newest };
}

/** Of files that end alike the lowest level tells the time of the transaction itself. */
function isLower(file: LtxFileInfo, than: LtxFileInfo): boolean {
  return file.maxTxid === than.maxTxid && file.level < than.level;
}
