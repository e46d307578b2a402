import type { CallOptions, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';

/** The files of all levels, in no order. */
export async function listFiles(client: ReplicaClient, options: CallOptions): Promise<LtxFileInfo[]> {
  const files: LtxFileInfo[] = [];
  for await (const file of client.listAll(options)) files.push(file);
  return files;
}
