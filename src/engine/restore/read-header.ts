import { decodeLtxHeader, type LtxHeader, ltxHeaderBytes } from '../../format/ltx/header.ts';
import { readRange } from '../../replica/read-range.ts';
import type { CallOptions, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';
import { naming } from './apply/plan-file.ts';

/** Reads the header of a file. Throws RestoreError `file-invalid`, naming the file, when it is none. */
export function readHeader(client: ReplicaClient, file: LtxFileInfo, options: CallOptions): Promise<LtxHeader> {
  const bytes = new Uint8Array(ltxHeaderBytes);
  return naming(file, async () => {
    await readRange(client, file, 0, bytes, options);
    return decodeLtxHeader(bytes);
  });
}
