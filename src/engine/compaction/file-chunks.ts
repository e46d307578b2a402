import type { CallOptions, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';

const chunkBytes = 1 << 18;

/** The bytes of a stored file, read in one stream. A chunk is valid until the next one is asked for. */
export async function* fileChunks(
  client: ReplicaClient,
  file: LtxFileInfo,
  options: CallOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = await client.open(file, { offset: 0 }, options);
  try {
    const buffer = new Uint8Array(Math.min(chunkBytes, Math.max(1, file.sizeBytes)));
    for (;;) {
      options.signal?.throwIfAborted();
      const count = await reader.read(buffer);
      if (count === 0) return;
      yield buffer.subarray(0, count);
    }
  } finally {
    await reader.close();
  }
}
