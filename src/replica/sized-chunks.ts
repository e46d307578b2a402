import { ltxPath } from './directory-layout.ts';
import type { LtxBody, LtxFileId } from './replica-client.ts';

/** Hands on a body's chunks and throws when they do not add up to the size it states: such a file must not be stored. */
export async function* sizedChunks(file: LtxFileId, body: LtxBody): AsyncGenerator<Uint8Array, void, undefined> {
  let doneBytes = 0;
  for await (const chunk of body.open()) {
    doneBytes += chunk.byteLength;
    if (doneBytes > body.sizeBytes) break;
    yield chunk;
  }
  if (doneBytes === body.sizeBytes) return;
  const given = doneBytes > body.sizeBytes ? 'more' : `only ${doneBytes}`;
  throw new RangeError(`Cannot write ${ltxPath(file)}: its body states ${body.sizeBytes} bytes and gave ${given}`);
}
