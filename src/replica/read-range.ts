import { LtxError } from '../format/ltx/ltx-error.ts';
import { ltxPath } from './directory-layout.ts';
import type { CallOptions, LtxFileId, ReplicaClient } from './replica-client.ts';

/** Fills `target` with the bytes of a file from `offset` on. A file that ends before is an LtxError `truncated`. */
export async function readRange(
  client: ReplicaClient,
  file: LtxFileId,
  offset: number,
  target: Uint8Array,
  options?: CallOptions,
): Promise<void> {
  if (target.byteLength === 0) return;
  const reader = await client.open(file, { offset, length: target.byteLength }, options);
  try {
    let doneBytes = 0;
    while (doneBytes < target.byteLength) {
      options?.signal?.throwIfAborted();
      const readBytes = await reader.read(target.subarray(doneBytes));
      if (readBytes === 0) throw truncated(client, file, offset + doneBytes, offset + target.byteLength);
      doneBytes += readBytes;
    }
  } finally {
    await reader.close();
  }
}

function truncated(client: ReplicaClient, file: LtxFileId, endsAt: number, wanted: number): LtxError {
  const message = `Cannot read ${ltxPath(file)} of ${client.url} up to byte ${wanted}: it ends at byte ${endsAt} or before`;
  return new LtxError('truncated', message);
}
