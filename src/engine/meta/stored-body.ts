import { decodeLtxHeader, type LtxHeader, ltxHeaderBytes } from '../../format/ltx/header.ts';
import { readRange } from '../../replica/read-range.ts';
import type { CallOptions, LtxBody, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';

const chunkBytes = 1 << 20;

/** The bytes of a stored file, to be written elsewhere. */
export interface StoredBody extends LtxBody {
  readonly header: LtxHeader;
}

/** Reads the header now and the rest when it is wanted. */
export async function bodyOf(client: ReplicaClient, file: LtxFileInfo, options?: CallOptions): Promise<StoredBody> {
  const bytes = new Uint8Array(ltxHeaderBytes);
  await readRange(client, file, 0, bytes, options);
  const header = decodeLtxHeader(bytes);
  return {
    header,
    sizeBytes: file.sizeBytes,
    timestampMs: header.timestampMs,
    open: () => chunks(client, file, options),
  };
}

/** The bytes of a file that are in memory. */
export function bodyInMemory(header: LtxHeader, bytes: Uint8Array): StoredBody {
  async function* open() {
    yield bytes;
  }
  return { header, sizeBytes: bytes.byteLength, timestampMs: header.timestampMs, open };
}

async function* chunks(
  client: ReplicaClient,
  file: LtxFileInfo,
  options?: CallOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = await client.open(file, { offset: 0 }, options);
  try {
    const chunk = new Uint8Array(Math.min(chunkBytes, file.sizeBytes + 1));
    for (let count = await reader.read(chunk); count > 0; count = await reader.read(chunk))
      yield chunk.subarray(0, count);
  } finally {
    await reader.close();
  }
}
